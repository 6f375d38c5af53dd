using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Transitions;

/// <summary>
/// Every change of a client's state, with the events that it causes in their order (docs/dbus.md has a table). Other classes decide that
/// something changes; only this one changes it. Used on the engine loop alone.
/// </summary>
internal sealed partial class ClientTransitions
{
    private const string NewSecretText = "its client has another secret";

    private readonly EngineClock _clock;
    private readonly DeadlineQueue _deadlines;
    private readonly ClientRegistry _clients;
    private readonly ClientJournal _journal;
    private readonly RequestTransitions _requests;
    private readonly AddedSecrets _added;
    private readonly ExpirySchedule _expiry;
    private readonly Random _random;
    private readonly ILogger _logger;

    /// <summary>The <see cref="ClientSnapshot.Id"/> given last.</summary>
    private long _lastId;

    /// <param name="services">What the engine shares.</param>
    /// <param name="clients">All clients.</param>
    /// <param name="journal">Tells subscribers and the state store.</param>
    /// <param name="requests">Ends the requests that wait for a client, and the decisions about them.</param>
    /// <param name="added">Encrypts the secrets of clients that a command added.</param>
    /// <param name="random">Spreads first checks over their intervals.</param>
    public ClientTransitions(
        EngineServices services, ClientRegistry clients, ClientJournal journal, RequestTransitions requests, AddedSecrets added, Random random)
    {
        (_clock, _deadlines, _logger) = (services.Clock, services.Deadlines, services.Logger);
        (_clients, _journal, _requests, _added, _random) = (clients, journal, requests, added, random);
        _expiry = new ExpirySchedule(_clock, _deadlines);
    }

    /// <summary>Whether a client may get its secret at all. Its expiry counts even where the timer is late to disable it.</summary>
    public bool IsEntitled(Client client) => client.Snapshot.Enabled && !client.IsRemoved && !_expiry.IsPast(client);

    // Coming and going

    /// <summary>Takes up a client, and sets its check and its expiry going if it is enabled.</summary>
    /// <param name="client">The client.</param>
    /// <param name="restored">Its state.</param>
    public void Add(Client client, RestoredClient restored)
    {
        RestoreExpectations(client, restored);
        _clients.Add(client);
        client.Snapshot = client.Snapshot with { Id = ++_lastId };
        if (client.Snapshot.Enabled)
        {
            client.Snapshot = ScheduleFrom(client, client.Snapshot, RandomDelay(client), restored.TimeLeft);
        }

        _clients.Counts.Add(client);
    }

    /// <summary>Tells subscribers of a client that is new.</summary>
    public void Announce(Client client) => _journal.Publish(client, static state => new ClientAdded(state));

    /// <summary>Ends a client: nobody finds it any more, and nothing runs for it.</summary>
    public void Remove(Client client, RemovalReason reason)
    {
        // Out of reach before anything else, so that no fault below can leave it there.
        _clients.Remove(client);
        Halt(client);
        ForgetExpectations(client);
        _requests.RefuseAll(client, Outcome.Removed);
        _requests.EndVerdict(client);
        LogRemoved(client.Name);
        _journal.Publish(client, state => new ClientRemoved(state, reason));
        client.IsRemoved = true;
        client.Secret.Dispose();
        client.Definition.DisposeSecrets();
    }

    /// <summary>
    /// Has a client take another definition: its keys, its secret if that is another one, and the settings that only a configuration can
    /// give it. With another key it is another client to subscribers.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="next">The new definition; it has the old one's secrets themselves if they are the same.</param>
    /// <param name="settings">The settings to be in force.</param>
    public void Redefine(Client client, ClientDefinition next, ClientSettings settings)
    {
        ClientDefinition former = client.Definition;
        Secret oldFileSecret = former.Secret;
        ClientSettings old = client.Settings;
        _clients.Redefine(client, next);
        bool isKeyNew = settings.KeyId != old.KeyId || settings.Fingerprint != old.Fingerprint;
        if (isKeyNew)
        {
            client.Traces = null;
            EndReboot(client, RebootEnding.NewKey);
            EndRehearsal(client);
            _requests.RefuseStrangers(client);
            _journal.Publish(client, static state => new ClientRemoved(state, RemovalReason.NewKey));
        }

        ClientSettings taken = old with
        {
            KeyId = settings.KeyId,
            Fingerprint = settings.Fingerprint,
            CheckerPlugin = settings.CheckerPlugin,
            ApproveAll = settings.ApproveAll,
            Options = settings.Options,
        };
        bool wasAdded = client.Snapshot.Origin != next.Origin;
        if (wasAdded)
        {
            client.EncryptedSecret = default; // it was the definition's, and the files have their own
        }

        DateTimeOffset? provenAt = TakeTrial(client, former.Next?.KeyId) ?? client.Snapshot.ProvenAt;
        KeyRotation? rotation = Rotations.Of(next, former.MainKey, client.Snapshot.Rotation);
        ClientProperty[] changed = isKeyNew ? []
            : [.. wasAdded ? [ClientProperty.Origin] : Array.Empty<ClientProperty>(), .. RotationIf(rotation != client.Snapshot.Rotation)];
        _journal.Update(
            client,
            client.Snapshot with
            {
                Id = isKeyNew ? ++_lastId : client.Snapshot.Id,
                Origin = next.Origin,
                Settings = taken,
                Rotation = rotation,
                ProvenAt = provenAt,
            },
            changed);
        if (isKeyNew)
        {
            Announce(client);
        }

        if (next.Secret != oldFileSecret)
        {
            TakeFileSecret(client, oldFileSecret);
        }

        LetGo(client, former.Next);
        CheckProof(client);
    }

    // Enabled and disabled

    /// <summary>Enables a client. An approval from before ends: it was not given for what comes now.</summary>
    public void Enable(Client client)
    {
        _requests.EndApproval(client);
        if (client.Snapshot.Enabled)
        {
            return;
        }

        ClientSettings settings = client.Settings;
        ClientSnapshot next = client.Snapshot with { Enabled = true, LastEnabled = _clock.UtcNow };
        next = ScheduleFrom(client, next, settings.Interval, settings.Timeout);
        _journal.Update(client, next, ClientProperty.Enabled, ClientProperty.LastEnabled, ClientProperty.Expires);
        LogEnabled(client.Name);
    }

    /// <summary>Disables a client. An approval ends, and does not come back when the client is enabled; a denial may stay.</summary>
    public void Disable(Client client)
    {
        _requests.EndApproval(client);
        if (!client.Snapshot.Enabled)
        {
            return;
        }

        // Disabled before anything else, so that no fault below can leave it enabled.
        ExpectedReboot? reboot = ForgetReboot(client);
        ClientSnapshot next = _expiry.Clear(client, client.Snapshot with { Enabled = false, ExpectedReboot = null });
        _journal.Update(client, next, ClientProperty.Expires);
        _deadlines.Cancel(client.NextCheck);
        StopCheck(client);
        _journal.Update(client, client.Snapshot, ClientProperty.Enabled);
        LogDisabled(client.Name);
        _requests.RefuseAll(client, Outcome.Disabled);
        TellRebootEnded(client, reboot, RebootEnding.Disabled);
    }

    /// <summary>The action of <see cref="Client.Expiry"/>.</summary>
    public void Expire(Client client)
    {
        if (OnDue is { } due)
        {
            due(client);
            return;
        }

        if (_expiry.PutOff(client) is { } next)
        {
            _journal.Update(client, next, ClientProperty.Expires);
            LogPutOff(client.Name);
            return;
        }

        LogExpired(client.Name, LastCheck.Describe(client));
        Disable(client);
    }

    /// <summary>Ends all checks and deadlines of the clients, because the server stops.</summary>
    public void HaltAll()
    {
        foreach (Client client in _clients.All)
        {
            Halt(client);
        }
    }

    private void Halt(Client client)
    {
        _deadlines.Cancel(client.NextCheck);
        _deadlines.Cancel(client.Expiry);
        StopCheck(client);
        CancelExpectations(client);
    }

    // Checks, and other signs of life

    /// <summary>Notes that a check runs.</summary>
    public void CheckStarted(Client client, RunningCheck check, string description)
    {
        check.Description = description;
        _journal.UpdateTransient(client, client.Snapshot with { CheckerRunning = true }, ClientProperty.CheckerRunning);
        _journal.Publish(client, state => new CheckerStarted(state, description));
        check.IsAnnounced = true;
    }

    /// <summary>Stops the check that runs, if any; its result will not count.</summary>
    public void StopCheck(Client client)
    {
        if (client.Check is not { } check)
        {
            return;
        }

        client.Check = null;
        check.Stop();
        if (check.IsAnnounced)
        {
            _journal.UpdateTransient(client, client.Snapshot with { CheckerRunning = false }, ClientProperty.CheckerRunning);
        }
    }

    /// <summary>Notes how the check of a client has ended.</summary>
    /// <param name="client">The client, whose check it is still.</param>
    /// <param name="check">The check.</param>
    /// <param name="outcome">How it ended; null if it says nothing.</param>
    public void CheckEnded(Client client, RunningCheck check, CheckResult? outcome)
    {
        client.Check = null;
        if (outcome is not { } result)
        {
            return;
        }

        client.LastResult = result;
        ClientSnapshot next = client.Snapshot with { LastCheckerStatus = result.ExitCode };
        ClientProperty[] status = StatusOf(client, next);
        if (!check.IsAnnounced)
        {
            // It failed before it began: the status is all there is to tell.
            _journal.Update(client, next, status);
            return;
        }

        next = next with { CheckerRunning = false };
        bool extends = result.IsSuccess && SeenAlive(client, ref next);
        _journal.Update(client, next, [
            ClientProperty.CheckerRunning,
            .. status,
            .. result.IsSuccess ? [ClientProperty.LastCheckedOk] : Array.Empty<ClientProperty>(),
            .. extends ? [ClientProperty.Expires] : Array.Empty<ClientProperty>()]);
        _journal.Publish(client, state => new CheckerCompleted(state, result, check.Description));
        if (extends)
        {
            PromoteIfTried(client, check);
        }
    }

    /// <summary>Notes that a client is alive, as somebody says.</summary>
    public void MarkCheckedOk(Client client)
    {
        ClientSnapshot next = client.Snapshot with { LastCheckerStatus = 0 };
        ClientProperty[] status = StatusOf(client, next);
        bool extends = SeenAlive(client, ref next);
        _journal.Update(client, next, [
            ClientProperty.LastCheckedOk,
            .. status,
            .. extends ? [ClientProperty.Expires] : Array.Empty<ClientProperty>()]);
    }

    /// <summary>Notes that a client has got its secret: it starts, and cannot be checked before it runs.</summary>
    public void SecretSent(OpenRequest request)
    {
        Client client = request.Client;
        LogSent(client.Name);
        (client.Traces ??= new ClientTraces()).SecretSent(request.Description.Peer.Address, _clock.Now);
        // What is expected to take long may take long after the secret too. A rehearsal is no reboot, so the reboot is still to come.
        TimeSpan left = client.RebootDue - _clock.Now ?? TimeSpan.Zero;
        ExpectedReboot? reboot = request.IsRehearsal ? null : ForgetReboot(client);
        if (client.Snapshot.Enabled && !client.IsRemoved)
        {
            TimeSpan time = left > client.Settings.ExtendedTimeout ? left : client.Settings.ExtendedTimeout;
            _journal.Update(
                client, _expiry.Set(client, reboot is null ? client.Snapshot : client.Snapshot with { ExpectedReboot = null }, time), ClientProperty.Expires);
            NoteProof(request);
            NoteTrial(request);
        }

        _journal.Publish(client, state => new GotSecret(state, request.Description));
        TellRebootEnded(client, reboot, left > TimeSpan.Zero ? RebootEnding.SecretSent : RebootEnding.TimeOver);
    }

    // Settings

    /// <summary>Gives a client other settings, as far as <see cref="ClientSetting"/> has them. Each has been found good.</summary>
    /// <returns>Whether an enabled client has another interval, so that the caller has to plan its next check.</returns>
    public bool Change(Client client, ClientSettings next)
    {
        ClientSettings old = client.Settings;
        foreach (ClientSetting setting in ClientSetting.All)
        {
            if (setting.IsSame(old, next))
            {
                continue;
            }

            _journal.Update(client, client.Snapshot with { Settings = setting.Copy(next, client.Settings) }, setting);
            if (setting == ClientSetting.Timeout && client.Snapshot.Enabled)
            {
                MoveExpiry(client, old.Timeout);
            }
            else if (setting == ClientSetting.Host)
            {
                CheckProof(client);
            }
        }

        return client.Snapshot.Enabled && !ClientSetting.Interval.IsSame(old, next);
    }

    /// <summary>
    /// Has the next check come after the random delay of a start. It comes no later than planned: the expiry counts on that check, and a
    /// longer interval must not let it pass.
    /// </summary>
    public void SpreadCheck(Client client)
    {
        TimeSpan next = _clock.After(RandomDelay(client));
        if (client.NextCheck.Due is not { } planned || next < planned)
        {
            _deadlines.Schedule(client.NextCheck, next);
        }
    }

    /// <summary>Replaces a client's secret.</summary>
    /// <param name="client">The client.</param>
    /// <param name="secret">The new secret, which becomes the client's.</param>
    public void SetSecret(Client client, Secret secret)
    {
        if (client.Secret.FixedTimeEquals(secret.Memory.Span) && !client.HasUnreadableSecret)
        {
            secret.Dispose();
            return;
        }

        Secret old = client.Secret;
        if (client.Definition.Origin == ClientOrigin.Command)
        {
            // It has no other.
            client.EncryptedSecret = _added.Encrypt(client.Definition, secret);
            client.Definition = client.Definition with { Secret = secret };
            client.Secret = secret;
        }
        else
        {
            Secret file = client.Definition.Secret;
            bool isFile = file.FixedTimeEquals(secret.Memory.Span);
            client.EncryptedSecret = isFile ? default : SecretCipher.Encrypt(file, client.Name, secret.Memory.Span);
            client.Secret = isFile ? file : secret;
            if (isFile)
            {
                secret.Dispose();
            }
        }

        client.HasUnreadableSecret = false;
        _requests.AbortSends(client, NewSecretText);
        if (old != client.Definition.Secret)
        {
            old.Dispose();
        }

        _journal.Update(client, client.Snapshot, ClientProperty.Secret);
        LogSecretChanged(client.Name);
        CheckProof(client);
    }

    /// <summary>Gives a client that is loaded the secret that was set at run time, unless the configuration has another one now.</summary>
    /// <param name="client">The client.</param>
    /// <param name="stored">What was kept of it.</param>
    /// <param name="formerName">The name that it had then.</param>
    public void RestoreSecret(Client client, StoredClient stored, string formerName)
    {
        ClientDefinition definition = client.Definition;
        if (SecretCipher.TryDecrypt(definition.Secret, formerName, stored.EncryptedSecret.Span) is { } secret)
        {
            client.Secret = secret;
            client.EncryptedSecret = stored.Name == client.Name ? stored.EncryptedSecret
                : SecretCipher.Encrypt(definition.Secret, client.Name, secret.Memory.Span);
        }
        else if (OnDue is not null)
        {
            TakeSecret(client, stored.EncryptedSecret); // another server set it, and this one's file may just be behind
        }
        else
        {
            LogFileSecretWins(client.Name);
        }
    }

    private void TakeFileSecret(Client client, Secret oldFileSecret)
    {
        if (!client.EncryptedSecret.IsEmpty)
        {
            LogFileSecretWins(client.Name);
        }

        Secret old = client.Secret;
        client.Secret = client.Definition.Secret;
        client.EncryptedSecret = default;
        client.HasUnreadableSecret = false;
        if (!client.Secret.FixedTimeEquals(old.Memory.Span))
        {
            _journal.Update(client, client.Snapshot, ClientProperty.Secret);
            _requests.AbortSends(client, NewSecretText);
        }

        old.Dispose();
        oldFileSecret.Dispose();
    }

    // Shared by several of these

    /// <summary>Notes in a state that the client is alive: that extends the time until it expires, unless it is too late.</summary>
    /// <returns>Whether it does.</returns>
    private bool SeenAlive(Client client, ref ClientSnapshot next)
    {
        bool extends = IsEntitled(client);
        client.Traces?.BootsSinceAlive = 0;
        next = next with { LastCheckedOk = _clock.UtcNow };
        if (extends)
        {
            next = _expiry.Set(client, next, next.Settings.Timeout);
        }

        return extends;
    }

    private static ClientProperty[] StatusOf(Client client, ClientSnapshot next)
        => client.Snapshot.LastCheckerStatus != next.LastCheckerStatus ? [ClientProperty.LastCheckerStatus] : [];

    private TimeSpan RandomDelay(Client client) => _random.NextDouble() * client.Settings.Interval;

    /// <summary>Sets the next check and an expiry that leaves time for it to succeed.</summary>
    private ClientSnapshot ScheduleFrom(Client client, ClientSnapshot state, TimeSpan firstCheck, TimeSpan timeLeft)
    {
        _deadlines.Schedule(client.NextCheck, _clock.After(firstCheck));
        TimeSpan afterFirstCheck = EngineClock.Add(firstCheck, state.Settings.Interval);
        return _expiry.Set(client, state, timeLeft > afterFirstCheck ? timeLeft : afterFirstCheck);
    }

    private void MoveExpiry(Client client, TimeSpan oldTimeout)
    {
        _journal.Update(client, _expiry.Move(client, client.Snapshot, oldTimeout), ClientProperty.Expires);
        if (_expiry.IsPast(client))
        {
            Expire(client);
        }
    }
}
