using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Checking;

/// <summary>Runs the checks of all clients, outside the engine loop; starts and results are handled on it.</summary>
internal sealed partial class CheckRunner(
    EngineLoop loop, EngineClock clock, DeadlineQueue deadlines, ClientJournal journal, ExpirySchedule expiry,
    IReadOnlyDictionary<string, IChecker> checkers, ILogger logger)
{
    /// <summary>Most commands of which the log tells that they cannot run.</summary>
    private const int MaxToldOf = 100;

    private readonly ILogger _logger = logger;

    private readonly Dictionary<string, TaskScheduler> _threads =
        checkers.Keys.ToDictionary(name => name, TaskScheduler (name) => new CheckerThreads(name), StringComparer.Ordinal);

    /// <summary>Commands that could not run, with their exit codes, of which the log has told.</summary>
    private readonly HashSet<(string Command, int Code)> _toldOf = [];

    /// <summary>Has the log tell anew which commands cannot run.</summary>
    public void Reloaded() => _toldOf.Clear();

    /// <summary>How the last check of a client went, for a person.</summary>
    public static string Describe(Client client) => client.LastResult switch
    {
        { Outcome: CheckOutcome.Exited, ExitCode: var code } => Meaning(client, code) is { } meaning
            ? $"its last check had exit code {code}: {meaning}" : $"its last check had exit code {code}",
        { Outcome: CheckOutcome.Signaled, Signal: var signal } => $"its last check was killed by signal {signal}",
        { Error: var error } => $"its last check could not be carried out: {error}",
        null when client.Check is not null => "its check has not ended",
        null => "no check of it has ended",
    };

    /// <summary>The action of <see cref="Client.NextCheck"/>.</summary>
    public void StartDue(Client client) => _ = StartAndRepeat(client);

    /// <summary>Starts a check now, and the next one an interval from now.</summary>
    /// <inheritdoc cref="Start"/>
    public Task StartAndRepeat(Client client)
    {
        deadlines.Schedule(client.NextCheck, clock.After(client.Settings.Interval));
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
        client.LastCheck = RunAsync(client, client.Snapshot, check, client.LastCheck);
        return check.Started;
    }

    /// <summary>Stops the check that runs, if any; its result will not count.</summary>
    public void Stop(Client client)
    {
        if (client.Check is not { } check)
        {
            return;
        }

        client.Check = null;
        check.Stop();
        if (check.IsAnnounced)
        {
            journal.UpdateTransient(client, client.Snapshot with { CheckerRunning = false }, ClientProperty.CheckerRunning);
        }
    }

    private async Task RunAsync(Client client, ClientSnapshot snapshot, RunningCheck running, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        CheckResult? result = null;
        try
        {
            string name = snapshot.Settings.CheckerPlugin ?? EngineOptions.StandardChecker;
            if (!running.Stopping.IsCancellationRequested
                && await OnThreadsOf(name, () => Prepare(name, snapshot, out result)).ConfigureAwait(false) is var (check, description)
                && await loop.InvokeAsync(() => Announce(client, running, description)).ConfigureAwait(false))
            {
                result = await OnThreadsOf(name, () => RunAsync(check, running.Stopping)).Unwrap().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped, or the engine has ended.
        }
        finally
        {
            loop.Post(() => Complete(client, running, result));
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
#pragma warning disable CA1031 // A fault of a plugin is a failed check, nothing else
        catch (Exception e)
#pragma warning restore CA1031
        {
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

        running.IsAnnounced = true;
        running.Description = description;
        journal.UpdateTransient(client, client.Snapshot with { CheckerRunning = true }, ClientProperty.CheckerRunning);
        journal.Publish(client, state => new CheckerStarted(state, description));
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
#pragma warning disable CA1031 // A fault of a plugin is a check that does not succeed, nothing else
        catch (Exception e)
#pragma warning restore CA1031
        {
            return CheckResult.Failed($"the checker failed: {e.Message}");
        }
    }

    private void Complete(Client client, RunningCheck running, CheckResult? outcome)
    {
        running.SetStarted();
        if (client.Check != running)
        {
            return;
        }

        client.Check = null;
        if (outcome is not { } result)
        {
            return;
        }

        client.LastResult = result;
        ClientSnapshot old = client.Snapshot;
        if (!running.IsAnnounced)
        {
            // It failed before it began: the status is all there is to tell.
            journal.Update(client, old with { LastCheckerStatus = result.ExitCode },
                old.LastCheckerStatus != result.ExitCode ? [ClientProperty.LastCheckerStatus] : []);
            return;
        }

        LogResult(client, result, running.Description);
        ClientSnapshot next = old with { CheckerRunning = false, LastCheckerStatus = result.ExitCode };
        bool extends = result.IsSuccess && old.Enabled && !expiry.IsPast(client);
        if (result.IsSuccess)
        {
            next = next with { LastCheckedOk = clock.UtcNow };
        }

        if (extends)
        {
            next = expiry.Set(client, next, next.Settings.Timeout);
        }

        journal.Update(client, next, [
            ClientProperty.CheckerRunning,
            .. old.LastCheckerStatus != next.LastCheckerStatus ? [ClientProperty.LastCheckerStatus] : Array.Empty<ClientProperty>(),
            .. result.IsSuccess ? [ClientProperty.LastCheckedOk] : Array.Empty<ClientProperty>(),
            .. extends ? [ClientProperty.Expires] : Array.Empty<ClientProperty>()]);
        journal.Publish(client, state => new CheckerCompleted(state, result, running.Description));
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
                if (Meaning(client, result.ExitCode) is { } meaning
                    && _toldOf.Count < MaxToldOf && _toldOf.Add((client.Settings.Checker, result.ExitCode)))
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

    /// <summary>What an exit code says of the command itself, rather than of the client; null for nothing.</summary>
    private static string? Meaning(Client client, int code)
    {
        if ((client.Settings.CheckerPlugin ?? EngineOptions.StandardChecker) != EngineOptions.StandardChecker)
        {
            return null;
        }

        ReadOnlySpan<char> program = client.Settings.Checker.AsSpan().TrimStart();
        program = program[..(program.IndexOfAny(' ', '\t') is >= 0 and var end ? end : program.Length)];
        return code switch
        {
            126 => "the shell may not run the program",
            127 => "the shell cannot find the program",
            4 when program[(program.LastIndexOf('/') + 1)..] is "fping" => "fping may not send pings; it needs the right to raw sockets",
            _ => null,
        };
    }

    [LoggerMessage(1200, LogLevel.Error, "Client {Client}: there is no checker plugin named “{Name}”; there are: {Names}")]
    private partial void LogNoChecker(string client, string name, string names);

    [LoggerMessage(1201, LogLevel.Error, "Client {Client}: cannot check it: {Reason}")]
    private partial void LogBadChecker(string client, string reason);

    [LoggerMessage(1202, LogLevel.Error, "Client {Client}: the checker plugin “{Name}” failed")]
    private partial void LogCheckerFault(string client, string name, Exception exception);

    [LoggerMessage(1203, LogLevel.Information, "Client {Client}: checker started: {Description}")]
    private partial void LogStarted(string client, string description);

    [LoggerMessage(1204, LogLevel.Information, "Client {Client}: checker succeeded")]
    private partial void LogSucceeded(string client);

    [LoggerMessage(1205, LogLevel.Information, "Client {Client}: checker failed with exit code {Code}")]
    private partial void LogFailed(string client, int code);

    [LoggerMessage(1208, LogLevel.Warning,
        "Client {Client}: its check cannot run: “{Command}” has exit code {Code}: {Meaning}; this is not told again until the command succeeds")]
    private partial void LogCannotRun(string client, string command, int code, string meaning);

    [LoggerMessage(1206, LogLevel.Warning, "Client {Client}: checker was killed by signal {Signal}")]
    private partial void LogSignaled(string client, int signal);

    [LoggerMessage(1207, LogLevel.Warning, "Client {Client}: check could not be carried out: {Reason}")]
    private partial void LogNotCarriedOut(string client, string reason);
}
