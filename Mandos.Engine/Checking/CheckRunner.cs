using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Checking;

/// <summary>Runs the checks of all clients, outside the engine loop; starts and results are handled on it.</summary>
internal sealed partial class CheckRunner(
    EngineServices services, ClientTransitions transitions, IReadOnlyDictionary<string, IChecker> checkers)
{
    private readonly ILogger _logger = services.Logger;

    /// <summary>How many checks have ended.</summary>
    public CheckCounts Counts { get; } = new(checkers.Keys);

    private readonly Dictionary<string, TaskScheduler> _threads =
        checkers.Keys.ToDictionary(name => name, TaskScheduler (name) => new CheckerThreads(name), StringComparer.Ordinal);

    /// <summary>The checkers whose success proves that the client's own system runs.</summary>
    private readonly HashSet<string> _proving =
        [.. checkers.Where(static checker => checker.Value.ProvesIdentity).Select(static checker => checker.Key)];

    /// <summary>Commands that could not run, with their exit codes, of which the log has told.</summary>
    private readonly HashSet<(string Command, int Code)> _toldOf = [];

    /// <summary>
    /// By the name of its client, the last check that still runs, or dies though it was stopped: the next one of that name waits for it.
    /// </summary>
    private readonly Dictionary<string, (RunningCheck Check, Task End)> _last = new(StringComparer.Ordinal);

    /// <summary>Whether no check runs or dies.</summary>
    public bool IsIdle => _last.Count == 0;

    /// <summary>Whether a check runs or dies of the client that has, or had, a name.</summary>
    public bool IsRunning(string client) => _last.ContainsKey(client);

    /// <summary>Ends when no check that has begun runs any more.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_last.Values.Select(static last => last.End));

    /// <summary>Has the log tell again which commands cannot run.</summary>
    public void Reloaded() => _toldOf.Clear();

    /// <summary>The action of <see cref="Client.NextCheck"/>.</summary>
    public void StartDue(Client client)
    {
        if (LeavesToOthers?.Invoke(client) == true)
        {
            services.Deadlines.Schedule(client.NextCheck, services.Clock.After(client.Settings.Interval));
        }
        else
        {
            _ = StartAndRepeat(client);
        }
    }

    /// <summary>Whether another server checks a client that is due, so that this one need not; null where there is no other.</summary>
    public Predicate<Client>? LeavesToOthers { get; set; }

    /// <summary>Starts a check now, and the next one an interval from now.</summary>
    /// <inheritdoc cref="Start"/>
    public Task StartAndRepeat(Client client)
    {
        services.Deadlines.Schedule(client.NextCheck, services.Clock.After(client.Settings.Interval));
        return Start(client);
    }

    /// <summary>Starts a check, unless one runs.</summary>
    /// <returns>Ends once the check runs, or has turned out not to run.</returns>
    public Task Start(Client client)
    {
        if (client.Check is { } old)
        {
            return old.Started;
        }

        var check = new RunningCheck();
        client.Check = check;
        Task previous = _last.TryGetValue(client.Name, out var last) ? last.End : Task.CompletedTask;
        _last[client.Name] = (check, RunAsync(client, client.Snapshot, check, previous));
        return check.Started;
    }

    /// <summary>Whether a check of a client that succeeds proves that its own system runs.</summary>
    public bool ProvesIdentity(Client client) => _proving.Contains(NameOf(client.Settings));

    /// <summary>Runs a check besides the usual ones, which counts for nothing.</summary>
    /// <returns>Whether it succeeded.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<bool> ProbeAsync(ClientSnapshot snapshot, CancellationToken stopping)
    {
        string name = NameOf(snapshot.Settings);
        return await OnThreadsOf(name, PrepareAndRunAsync).Unwrap().ConfigureAwait(false);

        async Task<bool> PrepareAndRunAsync()
            => Prepare(name, snapshot, out _) is var (check, _) && (await RunAsync(check, stopping).ConfigureAwait(false)).IsSuccess;
    }

    private static string NameOf(ClientSettings settings) => settings.CheckerPlugin ?? ClientDefinition.StandardChecker;

    private async Task RunAsync(Client client, ClientSnapshot snapshot, RunningCheck running, Task previous)
    {
        TimeSpan due = services.Clock.Now;
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        string name = NameOf(snapshot.Settings);
        CheckResult? result = null;
        TimeSpan? start = null;
        try
        {
            if (!running.Stopping.IsCancellationRequested)
            {
                result = await OnThreadsOf(name, PrepareAndRunAsync).Unwrap().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped, or the engine has ended.
        }
        finally
        {
            if (start is { } began)
            {
                services.Meter.CheckEnded(name, Counts.Count(name, result), services.Clock.Now - began);
            }

            services.Loop.Post(() => Complete(client, running, result));
        }

        async Task<CheckResult?> PrepareAndRunAsync()
        {
            if (Prepare(name, snapshot, out CheckResult? fault) is not var (check, description))
            {
                services.Meter.CheckEnded(Counts.NameOf(name), Counts.Count(name, CheckResult.Failed("")), TimeSpan.Zero);
                return fault;
            }

            Task<bool> announced = services.Loop.InvokeAsync(() => Announce(client, running, description));
            // The loop mostly has time at once: to go on here costs no other thread.
            bool isHere = announced.IsCompleted;
            if (!await announced.ConfigureAwait(false))
            {
                return null;
            }

            start = services.Clock.Now;
            services.Meter.CheckBegan(name, start.Value - due);
            return await (isHere ? RunAsync(check, running.Stopping) : OnThreadsOf(name, () => RunAsync(check, running.Stopping)).Unwrap())
                .ConfigureAwait(false);
        }
    }

    /// <summary>Calls a checker, not on the pool: connections must not wait for one that blocks its thread.</summary>
    private Task<T> OnThreadsOf<T>(string name, Func<T> work)
        // Hidden, so that what follows an await goes on on the pool: a checker that blocks to wait for that would wait for ever.
        => Task.Factory.StartNew(
            work, CancellationToken.None, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler,
            _threads.GetValueOrDefault(name, TaskScheduler.Default));

    /// <param name="name">Name of the checker.</param>
    /// <param name="client">The client to check.</param>
    /// <param name="result">How the check ended, if a fault ended it before it began.</param>
    /// <returns>Null if there is no check to run; the log says why.</returns>
    private (ICheck Check, string Description)? Prepare(string name, ClientSnapshot client, out CheckResult? result)
    {
        result = null;
        if (!checkers.TryGetValue(name, out IChecker? checker))
        {
            LogNoChecker(client.Name, name, string.Join(", ", checkers.Keys.Order(StringComparer.Ordinal)));
            result = CheckResult.Failed("there is no such checker plugin");
            return null;
        }

        try
        {
            ICheck check = checker.Prepare(client);
            return (check, check.Description ?? throw new InvalidOperationException("its check has no description"));
        }
        catch (CheckPreparationException e)
        {
            LogBadChecker(client.Name, e.Message);
        }
        catch (Exception e)
        {
            // A fault of a plugin is a failed check, nothing else
            LogCheckerFault(client.Name, name, e);
            result = CheckResult.Failed("the checker plugin failed");
        }

        return null;
    }

    private bool Announce(Client client, RunningCheck running, string description)
    {
        if (client.Check != running)
        {
            return false;
        }

        transitions.CheckStarted(client, running, description);
        LogStarted(client.Name, description);
        running.SetStarted();
        return true;
    }

    private static async Task<CheckResult> RunAsync(ICheck check, CancellationToken stopping)
    {
        try
        {
            return await check.RunAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // A fault of a plugin is a check that does not succeed, nothing else
            return CheckResult.Failed($"the checker failed: {e.Message}");
        }
    }

    private void Complete(Client client, RunningCheck running, CheckResult? outcome)
    {
        running.SetStarted();
        if (_last.TryGetValue(client.Name, out var last) && last.Check == running)
        {
            _last.Remove(client.Name);
        }

        if (client.Check != running)
        {
            return;
        }

        transitions.CheckEnded(client, running, outcome); // before the log, whose fault must not keep the client from being checked again
        if (running.IsAnnounced && outcome is { } result)
        {
            LogResult(client, result, running.Description);
        }
    }

    private void LogResult(Client client, CheckResult result, string command)
    {
        switch (result.Outcome)
        {
            case CheckOutcome.Exited when result.IsSuccess:
                LogSucceeded(client.Name);
                if (_toldOf.Count > 0)
                {
                    _toldOf.RemoveWhere(told => told.Command == client.Settings.Checker);
                }

                break;
            case CheckOutcome.Exited:
                LogFailed(client.Name, result.ExitCode);
                if (LastCheck.Meaning(client.Settings, result.ExitCode) is { } meaning
                    && _toldOf.Count < CheckLimits.ToldOf && _toldOf.Add((client.Settings.Checker, result.ExitCode)))
                {
                    LogCannotRun(client.Name, command, result.ExitCode, meaning);
                }

                break;
            case CheckOutcome.Signaled:
                LogSignaled(client.Name, result.Signal);
                break;
            default:
                LogNotCarriedOut(client.Name, result.Error ?? "no reason given");
                break;
        }
    }
}
