using System.Collections.ObjectModel;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Model;

/// <content>Compares the engine, its events and its store with the model.</content>
internal sealed partial class RandomRun
{
    private void Settle()
    {
        string? difference = null;
        try
        {
            _rig.Until(() => (difference = Difference()) is null, "the engine to be as the model");
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"engine and model differ: {difference}");
        }

        Assert.All(_model.Connections, x => Assert.True(x.Got is null || _keyOfSecret[x.Got] == x.Key, $"{x.Key} got the secret of another key"));
        SecretsGot += _model.Connections.Count(static x => x.Phase == ModelPhase.Ended && x.Got is not null);
        _model.Connections.RemoveAll(static x => x.Phase == ModelPhase.Ended);
        foreach ((string name, ModelClient client) in _model.Clients)
        {
            Note(name, client.ToRecord());
            RequireKey(name);
        }

        ForgetWhatMustBeSaved();
        Assert.True(_rig.Checker.MostAtOnce <= 1, "two checks of one client at once");
        Assert.False(_rig.Store.Overlapped, "two saves at once");
        CheckLog();
    }

    /// <summary>Whatever has become of a client, one of the keys that the file last taken up gives it finds it.</summary>
    private void RequireKey(string name)
    {
        ClientRegistry clients = _rig.Engine.Parts.Clients;
        Client client = clients.Get(name);
        string[] keys = [.. ClientRegistry.Keys(client.Definition)];
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Same(client, clients.FindByKey(key)));
        Assert.Null(client.Snapshot.Rotation?.RetiredKeyId is { } retired ? clients.FindByKey(retired) : null);
    }

    private string? Difference()
    {
        ReadEvents();
        foreach (string name in _names)
        {
            if (Difference(name) is { } difference)
            {
                return $"{name}: {difference}";
            }
        }

        int alive = 0;
        foreach (ModelConnection x in _model.Connections)
        {
            alive += x.Phase == ModelPhase.Ended ? 0 : 1;
            if (Difference(x) is { } difference)
            {
                return $"connection {x.Peer.Number} of {x.Key}, {x.Phase}: {difference}";
            }
        }

        return _rig.Engine.Parts.Connections.Table.All.Count != alive ? $"{_rig.Engine.Parts.Connections.Table.All.Count} connections instead of {alive}"
            : _heardNotFound != _model.NotFound ? $"{_heardNotFound} not found instead of {_model.NotFound}"
            : _rig.Engine.Parts.Keeper.IsSaving && !_rig.Store.IsHanging ? "still saving"
            : CountDifference();
    }

    private string? CountDifference()
    {
        ClientRegistry clients = _rig.Engine.Parts.Clients;
        TimeSpan now = _rig.Engine.Parts.Services.Clock.Now;
        string counted = $"{string.Join(' ', clients.Counts.States())} expiring {clients.Counts.Expiring(now)} reboots {clients.Counts.ExpectedReboots} unproven {clients.Counts.Unproven} rotating {clients.Counts.Rotations}";
        ModelClient[] enabled = [.. _model.Clients.Values.Where(static m => m.Enabled)];
        int failing = enabled.Count(static m => m.Status is not (0 or ClientSnapshot.NotCheckedYet));
        int expiring = clients.All.Count(
            client => client.Snapshot.Enabled && WholeSteps(client.LastDue - (client.Settings.Timeout / ClientCounts.SoonPart)) <= now);
        string expected = $"(alive, {enabled.Count(static m => m.Status == 0)}) (failing, {failing}) "
            + $"(unchecked, {enabled.Count(static m => m.Status == ClientSnapshot.NotCheckedYet)}) "
            + $"(disabled, {_model.Clients.Count - enabled.Length}) expiring {expiring} reboots {enabled.Count(static m => m.Reboot is not null)} unproven {enabled.Count(static m => m.Proven is null)} "
            + $"rotating {_model.Clients.Values.Count(static m => m.File.Next is not null)}";
        return counted == expected ? null : $"counted {counted} instead of {expected}";

        static TimeSpan WholeSteps(TimeSpan time) => Math.Ceiling(time / ClientCounts.Step) * ClientCounts.Step;
    }

    private string? Difference(ModelConnection x)
    {
        FakePeer p = x.Peer;
        bool asExpected = x.Phase switch
        {
            ModelPhase.FirstLine => p.Bytes.IsReadPending && !p.IsDisposed && !p.SendIsShutDown,
            ModelPhase.Handshake => p.InHandshake,
            ModelPhase.Held => p.InWait,
            ModelPhase.Sending => p.InWrite,
            ModelPhase.Closing or ModelPhase.Refused => p.SendIsShutDown && p.Bytes.IsReadPending && !p.IsDisposed,
            _ => p.IsDisposed,
        };
        string? got = p.Received is { } bytes ? Encoding.ASCII.GetString(bytes) : null;
        int records = x.Phase is ModelPhase.Closing or ModelPhase.Refused or ModelPhase.Ended ? 1 : 0;
        return !asExpected ? "is elsewhere"
            : got != x.Got ? $"got {got} instead of {x.Got}"
            : _rig.Audit.Of(p).Count() != records ? $"{_rig.Audit.Of(p).Count()} audit records instead of {records}"
            : records == 1 && (_rig.Audit.Of(p).Single().Decision == "sent") != (got is not null) ? "a false audit record"
            : null;
    }

    private string? Difference(string name)
    {
        ModelClient? m = _model.Clients.GetValueOrDefault(name);
        if (!_rig.Engine.Parts.Clients.TryGet(name, out Client? client) || m is null)
        {
            return client is null && m is null ? null : $"is {(m is null ? "there" : "not there")}";
        }

        ClientSnapshot s = client.Snapshot;
        bool runs = m.Check == ModelCheck.Running;
        return s.Settings with { Options = m.Settings.Options } != m.Settings ? $"settings {s.Settings} instead of {m.Settings}"
            : s.Enabled != m.Enabled ? $"enabled {s.Enabled}"
            : s.Origin != m.Origin ? $"origin {s.Origin}"
            : s.Created != m.Created ? $"created {s.Created:O} instead of {m.Created:O}"
            : s.LastEnabled != m.LastEnabled ? $"last enabled {s.LastEnabled:O} instead of {m.LastEnabled:O}"
            : s.Expires != m.ShownExpires ? $"expires {s.Expires:O} instead of {m.ShownExpires:O}"
            : s.ExpectedReboot != m.Reboot ? $"expected reboot {s.ExpectedReboot} instead of {m.Reboot}"
            : s.ProvenAt != m.Proven?.At ? $"proven at {s.ProvenAt:O} instead of {m.Proven}"
            : s.Rotation != m.Rotation ? $"rotation {s.Rotation} instead of {m.Rotation}"
            : s.RehearsalUntil != m.RehearsalUntil ? $"rehearsal until {s.RehearsalUntil:O} instead of {m.RehearsalUntil:O}"
            : s.LastCheckedOk != m.LastCheckedOk ? $"last checked ok {s.LastCheckedOk:O} instead of {m.LastCheckedOk:O}"
            : s.LastCheckerStatus != m.Status ? $"status {s.LastCheckerStatus} instead of {m.Status}"
            : s.LastApprovalRequest != m.LastApprovalRequest
                ? $"last request {s.LastApprovalRequest:O} instead of {m.LastApprovalRequest:O}"
            : s.ApprovalsPending != m.Pending ? $"pending {s.ApprovalsPending} instead of {m.Pending}"
            : !s.Requests.Select(static request => request.Peer).SequenceEqual(
                _model.WaitingFor(m).Select(static x => x.Peer.RemoteEndPoint))
                ? $"requests {string.Join(", ", s.Requests)}"
            : s.CheckerRunning != runs ? $"checker running {s.CheckerRunning}"
            : (client.Check is not null) != (m.Check != ModelCheck.None) ? $"check instead of {m.Check}"
            : _rig.Checker.CountRunning(name) != (runs || m.Dying > 0 ? 1 : 0) ? "running checks"
            : m.Check == ModelCheck.None && m.Dying == 0 && _rig.Engine.Parts.Checks.IsRunning(name) ? "last check has not ended"
            : _heard[name] != m.Counts ? $"heard {_heard[name]} instead of {m.Counts}"
            : _mirror[name] != s && Normal(_mirror[name]) != Normal(s) ? $"from the events {_mirror[name]} instead of {s}"
            : null;

        // Of the number of pending approvals, events tell only whether it is zero; of what a file alone can set they tell nothing.
        static ClientSnapshot Normal(ClientSnapshot state) => state with
        {
            ApprovalsPending = Math.Sign(state.ApprovalsPending),
            Settings = state.Settings with { ApproveAll = false, Options = ReadOnlyDictionary<string, string>.Empty },
        };
    }

    private void ReadEvents()
    {
        while (_rig.Events.Events.TryRead(out ServerEvent? e))
        {
            if (e is ClientNotFound)
            {
                _heardNotFound++;
            }

            if (e is not ClientEvent { Client: var client })
            {
                continue;
            }

            ModelCounts heard = _heard[client.Name];
            switch (e)
            {
                case ClientAdded:
                    _mirror[client.Name] = client;
                    _heard[client.Name] = new ModelCounts();
                    break;
                case ClientPropertyChanged change:
                    _mirror[client.Name] = Copy(_mirror[client.Name], client, change.Property);
                    break;
                case CheckerStarted:
                    heard.Started++;
                    break;
                case CheckerCompleted:
                    heard.Completed++;
                    break;
                case GotSecret:
                    heard.GotSecret++;
                    break;
                case NeedApproval:
                    heard.NeedApproval++;
                    break;
                case RebootExpected:
                    heard.RebootsExpected++;
                    break;
                case RebootExpectationEnded:
                    heard.RebootsEnded++;
                    break;
                case BootUnproven:
                    heard.Unproven++;
                    break;
                case Rehearsed:
                    heard.Rehearsed++;
                    break;
                case ConflictingRequests:
                    heard.Conflicts++;
                    break;
                case AnomalyNoticed:
                    heard.Anomalies++;
                    break;
                case Rejected { Reason: RejectionReason.Disabled }:
                    heard.Disabled++;
                    break;
                case Rejected { Reason: RejectionReason.Denied }:
                    heard.Denied++;
                    break;
                case Rejected:
                    heard.TimedOut++;
                    break;
            }
        }
    }

    private static ClientSnapshot Copy(ClientSnapshot to, ClientSnapshot from, ClientProperty property) => property.Name switch
    {
        nameof(ClientProperty.Origin) => to with { Origin = from.Origin },
        nameof(ClientProperty.Enabled) => to with { Enabled = from.Enabled },
        nameof(ClientProperty.LastEnabled) => to with { LastEnabled = from.LastEnabled },
        nameof(ClientProperty.Expires) => to with { Expires = from.Expires },
        nameof(ClientProperty.LastCheckedOk) => to with { LastCheckedOk = from.LastCheckedOk },
        nameof(ClientProperty.LastCheckerStatus) => to with { LastCheckerStatus = from.LastCheckerStatus },
        nameof(ClientProperty.LastApprovalRequest) => to with { LastApprovalRequest = from.LastApprovalRequest },
        nameof(ClientProperty.ApprovalPending) => to with { ApprovalsPending = from.ApprovalsPending },
        nameof(ClientProperty.CheckerRunning) => to with { CheckerRunning = from.CheckerRunning },
        nameof(ClientProperty.ExpectedReboot) => to with { ExpectedReboot = from.ExpectedReboot },
        nameof(ClientProperty.RehearsalUntil) => to with { RehearsalUntil = from.RehearsalUntil },
        nameof(ClientProperty.ProvenAt) => to with { ProvenAt = from.ProvenAt },
        nameof(ClientProperty.Rotation) => to with { Rotation = from.Rotation },
        nameof(ClientProperty.Requests) => to with { Requests = from.Requests },
        _ => property is ClientSetting setting ? to with { Settings = setting.Copy(from.Settings, to.Settings) } : to,
    };

    private void CheckLog()
    {
        foreach ((LogLevel level, string text) in _log.Lines)
        {
            Assert.DoesNotContain(SecretMark, text, StringComparison.Ordinal);
            Assert.True(level < LogLevel.Critical, text);
        }

        _log.Clear();
    }

    private void NoteState(string name) => Note(name, _model.Clients.TryGetValue(name, out ModelClient? c) ? c.ToRecord()
        : _model.Absent.TryGetValue(name, out ModelRecord? record) ? record ?? _history[name][^1].Record
        : null);

    private void Note(string name, ModelRecord? record)
    {
        record = record?.ToCertain();
        List<(long At, ModelRecord? Record)> history = _history[name];
        if (history[^1].Record != record)
        {
            history.Add((_model.Now, record));
        }
    }

    private void ForgetWhatMustBeSaved()
    {
        if (_storeFails || _storeHangs || _model.Now - _healthySince < RetryTime)
        {
            return;
        }

        foreach (List<(long At, ModelRecord? Record)> history in _history.Values)
        {
            while (history.Count > 1 && history[1].At <= _model.Now - SaveTime)
            {
                history.RemoveAt(0);
            }
        }
    }

    private bool Matches(StoredClient? stored, ModelRecord? record)
    {
        if (stored is null || record is null)
        {
            return stored is null && record is null;
        }

        if (stored.FileSettings with { Options = record.File.Settings.Options } != record.File.Settings || stored.FileEnabled != record.File.Enabled || stored.LeftAt != record.LeftAt)
        {
            return false;
        }

        if (stored.Client is not { } s || record.Settings is null)
        {
            return stored.Client is null && record.Settings is null && stored.EncryptedSecret.IsEmpty;
        }

        return s.Settings with { Options = record.Settings.Options } == record.Settings && s.Origin == record.Origin && s.Enabled == record.Enabled && s.Created == record.Created
            && s.LastEnabled == record.LastEnabled && s.Expires == record.Expires && s.LastCheckedOk == record.LastCheckedOk
            && s.LastCheckerStatus == record.Status && s.LastApprovalRequest == record.LastApprovalRequest
            && s.ExpectedReboot == record.Reboot && s.RehearsalUntil == record.RehearsalUntil && s.ProvenAt == record.Proven?.At
            && s.Rotation == record.Rotation
            && (record.Origin == ClientOrigin.Command ? AddedSecretOf(stored) : SecretOf(stored, record.File.Secret)) == record.Secret;
    }

    private string? AddedSecretOf(StoredClient stored)
    {
        using var added = new AddedSecrets(_key);
        Assert.Null(added.ReadKey());
        using Secret? secret = added.TryDecrypt(stored);
        return secret is null ? null : Encoding.ASCII.GetString(secret.Memory.Span);
    }

    private static string? SecretOf(StoredClient stored, string fileSecret)
    {
        if (stored.EncryptedSecret.IsEmpty)
        {
            return fileSecret;
        }

        using var key = new Secret(Encoding.ASCII.GetBytes(fileSecret));
        using Secret? secret = SecretCipher.TryDecrypt(key, stored.Name, stored.EncryptedSecret.Span);
        return secret is null ? null : Encoding.ASCII.GetString(secret.Memory.Span);
    }
}
