using Mandos.Abstractions.Checking;

namespace Mandos.CheckerFping.Pings;

/// <summary>Takes what one run of fping says of a batch's hosts.</summary>
internal sealed class PingRun : IDisposable
{
    /// <summary>Answers when nothing else does. With names it goes first: the first answer shows that all names have been looked up.</summary>
    private const string ThisMachine = "127.0.0.1";

    private readonly PingBatch _batch;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _limit;
    private readonly LineReader _lines;
    private readonly List<string> _unknown = [];
    private readonly long _start;

    /// <param name="batch">The batch.</param>
    /// <param name="time">Gives the time.</param>
    public PingRun(PingBatch batch, TimeProvider time)
    {
        (_batch, _time, _start) = (batch, time, time.GetTimestamp());
        HasLookedUp = !batch.Kind.IsName;
        _lines = new LineReader(ReadLine);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(batch.Abandoned);
        _limit = time.CreateTimer(
            static stop => ((CancellationTokenSource)stop!).Cancel(), _stop,
            HasLookedUp ? PingLimits.Batch : PingLimits.Lookups, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the run has to end.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Whether no lookup hangs.</summary>
    public bool HasLookedUp { get; private set; }

    /// <summary>Names of which fping has said that it cannot look them up.</summary>
    public IReadOnlyList<string> Unknown => _unknown;

    /// <summary>Whether fping has said anything of a host.</summary>
    public bool HasFound { get; private set; }

    /// <summary>Whether there was more to read than could be.</summary>
    public bool HasSaidTooMuch => _lines.Count > PingLimits.Output;

    /// <summary>The hosts to run fping with.</summary>
    /// <param name="hosts">Those of the batch.</param>
    public IEnumerable<string> Hosts(string[] hosts) => _batch.Kind.IsName ? hosts.Prepend(ThisMachine) : hosts;

    /// <summary>Takes output. Called on one thread at a time, and not after the run's end.</summary>
    public void Read(ReadOnlySpan<byte> output)
    {
        if (HasSaidTooMuch)
        {
            return;
        }

        _lines.Read(output);
        _batch.Deliver();
        if (HasSaidTooMuch)
        {
            _ = _stop.CancelAsync();
        }
    }

    /// <summary>Takes the end of fping.</summary>
    public void End(CheckResult result)
    {
        // fping's 2 says that there were names that could not be looked up, and its lines which.
        if (result.ExitCode == 2)
        {
            _unknown.ForEach(host => _batch.Decide(host, result));
            _batch.Deliver();
        }
    }

    // Not what it stops, which the timer or a read may be about to cancel, and which has nothing to dispose of but memory.
    /// <inheritdoc/>
    public void Dispose() => _limit.Dispose();

    private void ReadLine(ReadOnlySpan<char> line)
    {
        FpingFinding finding = FpingLine.Read(line, out ReadOnlySpan<char> host);
        if (!HasLookedUp && finding is FpingFinding.Alive or FpingFinding.Unreachable or FpingFinding.Unclear)
        {
            // It says so of no host before it has looked up all.
            HasLookedUp = true;
            _limit.Change(PingLimits.Batch, Timeout.InfiniteTimeSpan);
        }

        HasFound |= finding switch
        {
            FpingFinding.Alive => _batch.Decide(host, CheckResult.Exited(0)),
            // Too early it is no silence: somebody has interrupted fping, or it has no socket of that family.
            FpingFinding.Unreachable => _batch.Decide(host, IsSilence() ? CheckResult.Exited(1) : null),
            FpingFinding.Unclear => _batch.Decide(host, null),
            FpingFinding.Unknown => Note(host),
            _ => false,
        };
    }

    private bool IsSilence() => _time.GetElapsedTime(_start) >= PingLimits.Silence;

    private bool Note(ReadOnlySpan<char> host)
    {
        _unknown.Add(host.ToString());
        return true;
    }
}
