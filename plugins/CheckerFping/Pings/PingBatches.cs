using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Plugins;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping.Pings;

/// <summary>Pings hosts, many with one run of fping where they come at about the same time. Thread-safe.</summary>
/// <param name="context">Gives log and time.</param>
/// <param name="programs">Runs fping.</param>
/// <param name="window">How long the first check of a batch waits for others.</param>
internal sealed partial class PingBatches(IPluginContext context, IPrograms programs, TimeSpan window)
{
    private const string Fping = "fping";

    private readonly Lock _lock = new();
    private readonly Dictionary<PingKind, PingBatch> _filling = [];
    private readonly QuickNames _quick = new();
    private readonly FpingVersion _version = new(Fping, context.TimeProvider, programs);
    private long? _suspended;
    private bool _isTold;

    /// <summary>Checks a host.</summary>
    /// <param name="host">A host by <see cref="PingHost"/>.</param>
    /// <param name="answered">Whether it answered the last time.</param>
    /// <param name="cancellationToken">Stops this check, and no other.</param>
    /// <returns>The result that <c>fping -q -- HOST</c> would have had; null if it cannot be started, so that the shell may say why.</returns>
    public async Task<CheckResult?> PingAsync(string host, bool answered, CancellationToken cancellationToken)
    {
        bool isName = !PingHost.IsAddress(host);
        CheckResult? result = isName && !_quick.Contains(host) ? null
            : await PingWithOthersAsync(host, new PingKind(isName, answered), cancellationToken).ConfigureAwait(false);
        return result ?? await PingAloneAsync(host, isName, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CheckResult?> PingAloneAsync(string host, bool isName, CancellationToken cancellationToken)
    {
        long start = context.TimeProvider.GetTimestamp();
        ChildExit exit = await programs.RunAsync([Fping, "-q", "--", host], null, cancellationToken).ConfigureAwait(false);
        if (isName)
        {
            _quick.Note(host, exit.Result.ExitCode, context.TimeProvider.GetElapsedTime(start));
        }

        return exit.Group == 0 ? null : exit.Result;
    }

    /// <returns>Null if the batch did not find out.</returns>
    private async Task<CheckResult?> PingWithOthersAsync(string host, PingKind kind, CancellationToken cancellationToken)
    {
        PingBatch? full = null;
        Ping ping;
        lock (_lock)
        {
            if (IsSuspended())
            {
                return null;
            }

            if (!_filling.TryGetValue(kind, out PingBatch? batch))
            {
                _filling.Add(kind, batch = new PingBatch(kind));
                _ = BeginAfterWindowAsync(batch);
            }

            ping = batch.Add(host);
            if (batch.IsFull)
            {
                _filling.Remove(kind);
                full = batch;
            }
        }

        if (full is not null)
        {
            _ = RunAsync(full);
        }

        try
        {
            return await ping.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await ping.Batch.LeaveAsync(ping).ConfigureAwait(false);
            throw;
        }
    }

    private async Task BeginAfterWindowAsync(PingBatch batch)
    {
        await Task.Delay(window, context.TimeProvider).ConfigureAwait(false);
        lock (_lock)
        {
            if (_filling.GetValueOrDefault(batch.Kind) != batch)
            {
                return;
            }

            _filling.Remove(batch.Kind);
        }

        await RunAsync(batch).ConfigureAwait(false);
    }

    private async Task RunAsync(PingBatch batch)
    {
        try
        {
            string[] hosts = batch.Begin();
            if (hosts.Length > 1 && await IsUsableAsync().ConfigureAwait(false))
            {
                await RunAsync(batch, hosts).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // Whatever it is, each goes alone.
            LogFault(context.Logger, e);
            Suspend(e.Message);
        }
        finally
        {
            batch.End();
        }
    }

    private async Task RunAsync(PingBatch batch, string[] hosts)
    {
        using var run = new PingRun(batch, context.TimeProvider);
        try
        {
            CheckResult result = (await programs.RunAsync(
                [Fping, "-i", PingLimits.PacketInterval, "--", .. run.Hosts(hosts)], run.Read, run.Stop).ConfigureAwait(false)).Result;
            foreach (string name in run.Unknown)
            {
                _quick.Forget(name); // before anybody is told, who may check it again at once
            }

            run.End(result);

            if (!run.HasFound || result.ExitCode is not (0 or 1 or 2))
            {
                Suspend(result.Error ?? $"it ended with wait status {result.WaitStatus}");
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            if (!run.HasLookedUp)
            {
                Array.ForEach(hosts, _quick.Forget);
            }
            else if (!batch.Abandoned.IsCancellationRequested && !run.HasSaidTooMuch)
            {
                Suspend($"it has not ended after {PingLimits.Batch.TotalSeconds} s");
            }
        }
    }

    private async Task<bool> IsUsableAsync()
    {
        if (await _version.FindFaultAsync().ConfigureAwait(false) is not { } fault)
        {
            return true;
        }

        Suspend(fault);
        return false;
    }

    private void Suspend(string reason)
    {
        _version.Forget();
        bool isNew;
        lock (_lock)
        {
            _suspended = context.TimeProvider.GetTimestamp();
            isNew = !_isTold;
            _isTold = true;
        }

        if (isNew)
        {
            LogSuspended(context.Logger, Fping, reason);
        }
    }

    private bool IsSuspended()
    {
        if (_suspended is { } since && context.TimeProvider.GetElapsedTime(since) >= PingLimits.Suspension)
        {
            _suspended = null;
        }

        return _suspended is not null;
    }
}
