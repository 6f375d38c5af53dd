using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Checking;

namespace Mandos.CheckerFping.Pings;

/// <summary>The checks that one run of fping serves. Thread-safe, except for <see cref="Add"/>.</summary>
/// <param name="kind">What its hosts have in common.</param>
[SuppressMessage("Design", "CA1001", Justification = "A CancellationTokenSource without a timer has nothing to dispose of.")]
internal sealed class PingBatch(PingKind kind)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Ping>> _hosts = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<(Ping Ping, CheckResult? Result)> _decided = [];
    private int _open;
    private bool _hasBegun;

    public PingKind Kind => kind;

    public bool IsFull => _hosts.Count >= (kind.IsName ? PingLimits.Names : PingLimits.Hosts);

    /// <summary>Cancelled when all its checks have been stopped that had no result yet.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Adds a check, before the batch has begun.</summary>
    public Ping Add(string host)
    {
        var ping = new Ping(this);
        lock (_lock)
        {
            if (!_hosts.TryGetValue(host, out List<Ping>? pings))
            {
                _hosts.Add(host, pings = []);
            }

            pings.Add(ping);
            _open++;
        }

        return ping;
    }

    /// <summary>Begins the batch.</summary>
    /// <returns>The hosts whose checks have not been stopped.</returns>
    public string[] Begin()
    {
        lock (_lock)
        {
            _hasBegun = true;
            return [.. _hosts.Where(static host => host.Value.Exists(static ping => ping.IsOpen)).Select(static host => host.Key)];
        }
    }

    /// <summary>Gives the checks of a host their result, if they have none. They learn of it by <see cref="Deliver"/>.</summary>
    /// <param name="host">The host.</param>
    /// <param name="result">Null: each has to go alone.</param>
    /// <returns>Whether it is a host of this batch.</returns>
    public bool Decide(ReadOnlySpan<char> host, CheckResult? result)
    {
        lock (_lock)
        {
            if (!_hosts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host, out List<Ping>? pings))
            {
                return false;
            }

            Decide(pings, result);
            return true;
        }
    }

    /// <summary>Lets checks go on that have a result, one after another on one thread of the pool: to wake one for each costs more than the check.</summary>
    public void Deliver()
    {
        List<(Ping Ping, CheckResult? Result)> decided;
        lock (_lock)
        {
            if (_decided.Count == 0)
            {
                return;
            }

            decided = _decided;
            _decided = [];
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static decided => decided.ForEach(static one => one.Ping.Complete(one.Result)), decided, preferLocal: false);
    }

    /// <summary>Ends the batch, when nothing of it runs any more: the checks without a result have to go alone.</summary>
    public void End()
    {
        lock (_lock)
        {
            foreach (List<Ping> pings in _hosts.Values)
            {
                Decide(pings, null);
            }
        }

        Deliver();
        _ended.TrySetResult();
    }

    /// <summary>Stops one check. The others go on; where there are none, the batch ends first.</summary>
    public async Task LeaveAsync(Ping ping)
    {
        lock (_lock)
        {
            if (!ping.IsOpen)
            {
                return;
            }

            ping.IsOpen = false;
            if (--_open > 0 || !_hasBegun)
            {
                return;
            }
        }

        await _abandoned.CancelAsync().ConfigureAwait(false);
        await _ended.Task.ConfigureAwait(false);
    }

    private void Decide(List<Ping> pings, CheckResult? result)
    {
        foreach (Ping ping in pings)
        {
            if (ping.IsOpen)
            {
                ping.IsOpen = false;
                _open--;
                _decided.Add((ping, result));
            }
        }
    }
}
