using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Tests.Sharing;

/// <summary>A shared store in memory that keeps the whole contract, and shows that it can be kept.</summary>
internal sealed class InMemorySharedStore(ContractContext context) : ISharedStateStore
{
    private readonly SharedPlace _place = SharedPlace.Of(context);
    private SharedTruth? _connected;
    private SharedTruth.Member? _self;
    private ServerIdentity? _identity;

    private TimeSpan Now => context.TimeProvider.GetElapsedTime(0);

    public Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken) => Run(truth =>
    {
        (_identity, _self) = (server, new SharedTruth.Member(server, Now));
        truth.Members[server.Id] = _self;
        foreach ((Guid, long) own in truth.Requests.Keys.Where(key => key.Server == server.Id).ToArray())
        {
            truth.Requests.Remove(own);
        }

        return true;
    }, cancellationToken);

    public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        => new(Run<IReadOnlyList<StoredClient>>(truth => [.. truth.Clients.Values
            .Where(static client => client.Control is not null)
            .Select(client => Stored(truth, client.Name, client.Control!) with { Revision = client.Revision })], cancellationToken));

    public ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => new(RunAsMember(truth =>
        {
            foreach (StoredClient client in changed)
            {
                if (truth.Clients.GetValueOrDefault(client.Name)?.Control is { } control && !Agrees(control, client))
                {
                    throw new StateStoreException($"client {client.Name} was changed by a command; sync before saving it");
                }
            }

            foreach (StoredClient client in changed)
            {
                if (truth.Clients.GetValueOrDefault(client.Name)?.Control is null)
                {
                    Commit(truth, client.Name, Control(client), client.Client?.Expires - context.TimeProvider.GetUtcNow());
                }

                truth.Files[(_identity!.Id, client.Name)] = client;
            }

            foreach (string name in forgotten)
            {
                truth.Files.Remove((_identity!.Id, name));
            }

            return true;
        }, cancellationToken));

    public Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken) => RunAsMember(truth =>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(applied.Revision, truth.Revision);
        (_self!.Synced, _self.Confirmed) = (Now, Math.Max(_self.Confirmed, applied.Revision));
        return new SharedView
        {
            Reached = new SyncPoint(truth.Revision, truth.LivenessChanges),
            Clients = [.. truth.Clients.Values.Where(client => client.Revision > applied.Revision).Select(client => At(client))],
            Liveness = [.. truth.Liveness.Where(pair => pair.Value.Change > applied.Liveness).Select(pair => new SharedLiveness
            {
                Client = pair.Key,
                SinceCheckedOk = Now - pair.Value.Ok,
                SinceChecked = Now - pair.Value.Checked,
                Status = pair.Value.Status,
                ExpiresIn = pair.Value.Expiry - Now,
            })],
            Requests = [.. truth.Requests.Values],
            Servers = [.. truth.Members.Values.Select(member => new SharedServer
            {
                Identity = member.Identity,
                SinceJoined = Now - member.Joined,
                SinceSync = Now - member.Synced,
                Confirmed = member.Confirmed,
                FilesHash = member.FilesHash,
            })],
        };
    }, cancellationToken);

    public Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken) => RunAsMember(truth =>
    {
        if (truth.Commands.TryGetValue(command.Id, out long revision))
        {
            return new ControlResult(ControlOutcome.Committed, revision);
        }

        SharedClient? current = truth.Clients.GetValueOrDefault(command.Client);
        current = current?.Control is null ? null : At(current);
        if ((current?.Revision ?? 0) != command.ExpectedRevision)
        {
            return new ControlResult(ControlOutcome.Conflict, Current: current);
        }

        if (command.OnlyIfExpired && truth.Liveness.GetValueOrDefault(command.Client)?.Expiry > Now)
        {
            return new ControlResult(ControlOutcome.NotDue, Current: current);
        }

        Commit(truth, command.Client, command.Control, command.ExpiresIn);
        truth.Commands.Add(command.Id, truth.Revision);
        if (command.File is { } file)
        {
            truth.Files[(_identity!.Id, command.Client)] = file;
        }

        return new ControlResult(ControlOutcome.Committed, truth.Revision);
    }, cancellationToken);

    public Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken)
        => Run(truth => truth.Commands.TryGetValue(id, out long revision) ? revision : (long?)null, cancellationToken);

    public Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken) => RunAsMember(truth =>
    {
        if (truth.Commands.TryGetValue(verdict.Id, out long revision))
        {
            return new ControlResult(ControlOutcome.Committed, revision);
        }

        if (truth.Requests.GetValueOrDefault((verdict.Server, verdict.Request)) is not { Verdict: null } request)
        {
            return new ControlResult(ControlOutcome.Conflict);
        }

        truth.Requests[(verdict.Server, verdict.Request)] = request with { Verdict = verdict.Approved };
        truth.Commands.Add(verdict.Id, ++truth.Revision);
        Hint(truth);
        return new ControlResult(ControlOutcome.Committed, truth.Revision);
    }, cancellationToken);

    public Task ReportAsync(ServerReport report, CancellationToken cancellationToken) => RunAsMember(truth =>
    {
        foreach (CheckReport check in report.Checks)
        {
            Merge(truth, check);
        }

        foreach (SharedRequest request in report.Opened)
        {
            truth.Requests.TryAdd((_identity!.Id, request.Request.Id), request with { Server = _identity.Id, Verdict = null });
        }

        foreach (long closed in report.Closed)
        {
            truth.Requests.Remove((_identity!.Id, closed));
        }

        _self!.FilesHash = report.FilesHash ?? _self.FilesHash;
        return true;
    }, cancellationToken);

    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<long> hints = Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Action<long> watcher = revision => hints.Writer.TryWrite(revision);
        await Run(truth =>
        {
            truth.Watchers.Add(watcher);
            return true;
        }, cancellationToken);
        await foreach (long revision in hints.Reader.ReadAllAsync(cancellationToken))
        {
            yield return revision;
        }
    }

    public ValueTask DisposeAsync()
    {
        SharedTruth truth = _place.Truth;
        lock (truth)
        {
            if (_self is not null && truth.Members.GetValueOrDefault(_self.Identity.Id) == _self)
            {
                truth.Members.Remove(_self.Identity.Id);
            }
        }

        return ValueTask.CompletedTask;
    }

    private static SharedControl Control(StoredClient stored) => new()
    {
        Settings = stored.Client?.Settings ?? stored.FileSettings,
        Created = stored.Client?.Created ?? stored.SavedAt ?? DateTimeOffset.UnixEpoch,
        Enabled = stored.Client?.Enabled ?? false,
        LastEnabled = stored.Client?.LastEnabled,
        IsRemoved = stored.Client is null,
        EncryptedSecret = stored.EncryptedSecret,
    };

    private static bool Agrees(SharedControl control, StoredClient stored)
        => control.IsRemoved == stored.Client is null
            && (stored.Client is not { } client || (control.Enabled == client.Enabled && control.Settings == client.Settings))
            && control.EncryptedSecret.Span.SequenceEqual(stored.EncryptedSecret.Span);

    private StoredClient Stored(SharedTruth truth, string name, SharedControl control)
    {
        StoredClient? file = truth.Files.GetValueOrDefault((_identity!.Id, name));
        SharedTruth.Seen? seen = truth.Liveness.GetValueOrDefault(name);
        DateTimeOffset now = context.TimeProvider.GetUtcNow();
        return new StoredClient
        {
            Name = name,
            FileSettings = file?.FileSettings ?? control.Settings,
            FileEnabled = file?.FileEnabled ?? control.Enabled,
            LeftAt = file?.LeftAt,
            SavedAt = file is null ? null : now,
            DeniedUntil = control.Verdict is { Approved: false } denial ? now + denial.Left : null,
            EncryptedSecret = control.EncryptedSecret,
            Client = control.IsRemoved ? null : new ClientSnapshot
            {
                Name = name,
                Settings = control.Settings,
                Created = control.Created,
                Enabled = control.Enabled,
                LastEnabled = control.LastEnabled,
                LastCheckedOk = now - (Now - seen?.Ok),
                LastCheckerStatus = seen?.Status ?? ClientSnapshot.NotCheckedYet,
                Expires = now + (seen?.Expiry - Now),
            },
        };
    }

    /// <summary>A client as it is now: a verdict is kept with the time at which it ends.</summary>
    private SharedClient At(SharedClient client) => client.Control?.Verdict is not { } verdict ? client
        : client with
        {
            Control = client.Control with { Verdict = verdict.Left > Now || !verdict.Approved ? verdict with { Left = verdict.Left - Now } : null },
        };

    private void Commit(SharedTruth truth, string name, SharedControl? control, TimeSpan? expiresIn)
    {
        if (control?.Verdict is { } verdict)
        {
            control = control with { Verdict = verdict with { Left = Now + verdict.Left } };
        }

        truth.Clients[name] = new SharedClient(name, ++truth.Revision, control);
        if (control is null)
        {
            truth.Liveness.Remove(name);
        }
        else
        {
            SharedTruth.Seen seen = truth.Liveness.GetValueOrDefault(name) ?? new(0, null, null, ClientSnapshot.NotCheckedYet, null);
            TimeSpan? expiry = control is { Enabled: true, IsRemoved: false } ? (Now + expiresIn) ?? seen.Expiry : null;
            truth.Liveness[name] = seen with { Change = ++truth.LivenessChanges, Expiry = expiry };
        }

        Hint(truth);
    }

    private void Merge(SharedTruth truth, CheckReport check)
    {
        if (truth.Clients.GetValueOrDefault(check.Client)?.Control is not { IsRemoved: false } control)
        {
            return;
        }

        SharedTruth.Seen seen = truth.Liveness[check.Client];
        TimeSpan time = Now - check.Age;
        if (check.Status is { } status && !(time < seen.Checked))
        {
            seen = seen with { Checked = time, Status = status };
        }

        if (check.Status == 0 && !(time < seen.Ok))
        {
            seen = seen with { Ok = time };
        }

        if (control.Enabled && !(time + check.GoodFor <= seen.Expiry))
        {
            seen = seen with { Expiry = (time + check.GoodFor) ?? seen.Expiry };
        }

        truth.Liveness[check.Client] = seen with { Change = ++truth.LivenessChanges };
    }

    private static void Hint(SharedTruth truth) => truth.Watchers.ForEach(watcher => watcher(truth.Revision));

    private Task<T> RunAsMember<T>(Func<SharedTruth, T> transaction, CancellationToken cancellationToken) => Run(truth
        => truth.Members.GetValueOrDefault(_identity!.Id) == _self ? transaction(truth)
            : throw new ServerFencedException($"another server has registered as {_identity.Name} ({_identity.Id})"), cancellationToken);

    /// <summary>Runs a transaction on the store to which it is connected; if another has taken its place, connects to that and fails.</summary>
    private Task<T> Run<T>(Func<SharedTruth, T> transaction, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            SharedTruth truth = _connected ??= _place.Truth;
            lock (truth)
            {
                if (_place.IsCutOff)
                {
                    throw new StateStoreException("the shared store does not answer");
                }

                if (truth.IsReplaced)
                {
                    _connected = null;
                    throw new StateStoreException("the shared store was replaced by another one");
                }

                return Task.FromResult(transaction(truth));
            }
        }
        catch (OperationCanceledException)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }
}
