using Mandos.Abstractions.Clients;
using Mandos.Engine.Approval;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Transitions;

/// <summary>Enables, disables, changes and removes clients. Used on the engine loop alone.</summary>
internal sealed partial class ClientTransitions(
    EngineClock clock, DeadlineQueue deadlines, ClientJournal journal, ExpirySchedule expiry,
    CheckRunner checks, ApprovalDesk approvals, Random random, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Sets the check and the expiry of a client going when the server starts.</summary>
    /// <param name="client">The client; does nothing if it is disabled.</param>
    /// <param name="timeLeft">Time until its restored expiry; for a new client its timeout.</param>
    public void Start(Client client, TimeSpan timeLeft)
    {
        if (!client.Snapshot.Enabled)
        {
            return;
        }

        client.Snapshot = ScheduleFrom(client, client.Snapshot, RandomDelay(client), timeLeft);
    }

    /// <summary>Enables a client. An approval from before ends: it was not given for what comes now.</summary>
    public void Enable(Client client)
    {
        approvals.EndApproval(client);
        if (client.Snapshot.Enabled)
        {
            return;
        }

        ClientSettings settings = client.Settings;
        ClientSnapshot next = client.Snapshot with { Enabled = true, LastEnabled = clock.UtcNow };
        next = ScheduleFrom(client, next, settings.Interval, settings.Timeout);
        journal.Update(client, next, ClientProperty.Enabled, ClientProperty.LastEnabled, ClientProperty.Expires);
        LogEnabled(client.Name);
    }

    /// <summary>Disables a client. An approval ends, and does not come back when the client is enabled; a denial may stay.</summary>
    public void Disable(Client client)
    {
        approvals.EndApproval(client);
        if (!client.Snapshot.Enabled)
        {
            return;
        }

        // Disabled before anything else, so that no fault below can leave it enabled.
        ClientSnapshot next = expiry.Clear(client, client.Snapshot with { Enabled = false });
        journal.Update(client, next, ClientProperty.Expires);
        deadlines.Cancel(client.NextCheck);
        checks.Stop(client);
        journal.Update(client, client.Snapshot, ClientProperty.Enabled);
        LogDisabled(client.Name);
        approvals.RefuseAll(client, AuditReason.Disabled);
    }

    /// <summary>The action of <see cref="Client.Expiry"/>.</summary>
    public void Expire(Client client)
    {
        if (expiry.PutOff(client) is { } next)
        {
            journal.Update(client, next, ClientProperty.Expires);
            LogPutOff(client.Name);
            return;
        }

        LogExpired(client.Name, CheckRunner.Describe(client));
        Disable(client);
    }

    public void MarkCheckedOk(Client client)
    {
        ClientSnapshot old = client.Snapshot;
        ClientSnapshot next = old with { LastCheckedOk = clock.UtcNow, LastCheckerStatus = 0 };
        bool extends = old.Enabled && !expiry.IsPast(client);
        if (extends)
        {
            next = expiry.Set(client, next, next.Settings.Timeout);
        }

        journal.Update(client, next, [
            ClientProperty.LastCheckedOk,
            .. old.LastCheckerStatus != 0 ? [ClientProperty.LastCheckerStatus] : Array.Empty<ClientProperty>(),
            .. extends ? [ClientProperty.Expires] : Array.Empty<ClientProperty>()]);
    }

    /// <summary>Gives a client other settings, as far as <see cref="ClientSetting"/> has them. Each has been found good.</summary>
    /// <param name="client">The client.</param>
    /// <param name="next">The settings.</param>
    /// <param name="checkNow">Whether another interval begins with a check; if not, with the random delay of a start,
    /// or the check that was due anyway if that comes first.</param>
    /// <returns>Ends when a check that the change causes has started.</returns>
    public Task Change(Client client, ClientSettings next, bool checkNow = true)
    {
        ClientSettings old = client.Settings;
        Task check = Task.CompletedTask;
        foreach (ClientSetting setting in ClientSetting.All)
        {
            if (setting.IsSame(old, next))
            {
                continue;
            }

            journal.Update(client, client.Snapshot with { Settings = setting.Copy(next, client.Settings) }, setting);
            if (setting == ClientSetting.Timeout && client.Snapshot.Enabled)
            {
                MoveExpiry(client, old.Timeout);
            }
            else if (setting == ClientSetting.Interval && client.Snapshot.Enabled)
            {
                check = MoveNextCheck(client, checkNow);
            }
        }

        return check;
    }

    /// <summary>Ends all that runs for a client that was removed.</summary>
    public void Remove(Client client)
    {
        deadlines.Cancel(client.NextCheck);
        deadlines.Cancel(client.Expiry);
        checks.Stop(client);
        approvals.RefuseAll(client, AuditReason.Removed);
        approvals.EndVerdict(client);
        LogRemoved(client.Name);
    }

    private TimeSpan RandomDelay(Client client) => random.NextDouble() * client.Settings.Interval;

    /// <summary>Sets the next check and an expiry that leaves time for it to succeed.</summary>
    private ClientSnapshot ScheduleFrom(Client client, ClientSnapshot state, TimeSpan firstCheck, TimeSpan timeLeft)
    {
        deadlines.Schedule(client.NextCheck, clock.After(firstCheck));
        TimeSpan afterFirstCheck = EngineClock.Add(firstCheck, state.Settings.Interval);
        return expiry.Set(client, state, timeLeft > afterFirstCheck ? timeLeft : afterFirstCheck);
    }

    private void MoveExpiry(Client client, TimeSpan oldTimeout)
    {
        journal.Update(client, expiry.Move(client, client.Snapshot, oldTimeout), ClientProperty.Expires);
        if (expiry.IsPast(client))
        {
            Expire(client);
        }
    }

    private Task MoveNextCheck(Client client, bool checkNow)
    {
        if (checkNow)
        {
            return checks.StartAndRepeat(client);
        }

        // Not later than was planned: the expiry counts on that check, and a longer interval must not let it pass.
        TimeSpan next = clock.After(RandomDelay(client));
        if (client.NextCheck.Due is not { } planned || next < planned)
        {
            deadlines.Schedule(client.NextCheck, next);
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(1100, LogLevel.Information, "Client {Client}: enabled")]
    private partial void LogEnabled(string client);

    [LoggerMessage(1101, LogLevel.Information, "Client {Client}: disabled")]
    private partial void LogDisabled(string client);

    [LoggerMessage(1102, LogLevel.Warning, "Client {Client}: not seen alive in time, disabling it; {LastCheck}")]
    private partial void LogExpired(string client, string lastCheck);

    [LoggerMessage(1105, LogLevel.Information, "Client {Client}: may expire later, as the server did not run for a while")]
    private partial void LogPutOff(string client);

    [LoggerMessage(1103, LogLevel.Information, "Client {Client}: removed")]
    private partial void LogRemoved(string client);
}
