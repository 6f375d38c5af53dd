using System.Text;
using System.Threading.Channels;
using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Processes;
using Mandos.TestKit;

namespace CheckerFping.Tests.Pings;

/// <summary>Programs that a test plays.</summary>
internal sealed class FakePrograms : IPrograms
{
    private readonly Channel<FakeRun> _runs = Channel.CreateUnbounded<FakeRun>();

    /// <summary>What fping says of its version; null if it is not there.</summary>
    public string? Version { get; set; } = "fping: Version 5.1\nfping: comments to david@schweikert.ch\n";

    /// <summary>How often it was asked for it.</summary>
    public int Asked { get; private set; }

    /// <summary>The next run of fping that pings.</summary>
    public async Task<FakeRun> NextAsync() => await _runs.Reader.ReadAsync(Checks.TestEnds).AsTask()
        .WaitAsync(Patience.Limit, TimeProvider.System);

    /// <summary>Whether every run has been taken by <see cref="NextAsync"/>.</summary>
    public bool AreTaken => _runs.Reader.Count == 0;

    public async Task<ChildExit> RunAsync(IReadOnlyList<string> arguments, OutputReader? reader, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (arguments is [_, "--version"])
        {
            Asked++;
            reader!(Encoding.ASCII.GetBytes(Version ?? ""));
            return Version is null ? new(0, CheckResult.Failed("cannot start fping: No such file or directory")) : new(1, CheckResult.Exited(0));
        }

        var run = new FakeRun(arguments, reader, cancellationToken);
        _runs.Writer.TryWrite(run);
        return await run.End;
    }
}

/// <summary>A run of a program.</summary>
internal sealed class FakeRun
{
    private readonly TaskCompletionSource<ChildExit> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OutputReader? _reader;

    public FakeRun(IReadOnlyList<string> arguments, OutputReader? reader, CancellationToken cancellationToken)
    {
        (Arguments, _reader) = ([.. arguments], reader);
        cancellationToken.Register(_stopped.SetResult);
    }

    public string[] Arguments { get; }

    public Task<ChildExit> End => _end.Task;

    /// <summary>Ends when it has been asked to end; it ends with <see cref="Die"/>.</summary>
    public Task Stopped => _stopped.Task;

    public void Say(params string[] lines)
    {
        foreach (string line in lines)
        {
            _reader!(Encoding.ASCII.GetBytes(line + "\n"));
        }
    }

    public void Exit(int code) => _end.SetResult(new(1, CheckResult.Exited(code)));

    public void Exit(CheckResult result, int group = 1) => _end.SetResult(new(group, result));

    public void Die() => _end.SetCanceled();
}
