using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.PluginContracts.Control;

/// <summary>
/// A server without network, checks or timers, to try control surfaces with: commands change its clients and cause events.
/// </summary>
public sealed partial class InMemoryServer : IMandosServer
{
    private static readonly (ClientProperty Property, Func<ClientSnapshot, object?> Value)[] _properties =
    [
        (ClientProperty.Enabled, client => client.Enabled),
        (ClientProperty.LastEnabled, client => client.LastEnabled),
        (ClientProperty.Expires, client => client.Expires),
        (ClientProperty.LastCheckedOk, client => client.LastCheckedOk),
        (ClientProperty.LastCheckerStatus, client => client.LastCheckerStatus),
        (ClientProperty.LastApprovalRequest, client => client.LastApprovalRequest),
        (ClientProperty.ApprovalPending, client => client.ApprovalsPending > 0),
        (ClientProperty.CheckerRunning, client => client.CheckerRunning),
        (ClientProperty.Requests, client => client.Requests),
        (ClientProperty.ExpectedReboot, client => client.ExpectedReboot),
        (ClientProperty.RehearsalUntil, client => client.RehearsalUntil),
        (ClientProperty.ProvenAt, client => client.ProvenAt),
        (ClientProperty.Rotation, client => client.Rotation),
    ];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClientSnapshot> _clients;
    private readonly Dictionary<string, byte[]> _secrets = [];
    private readonly List<KeptClient> _kept = [];
    private readonly List<(string Name, bool Approved)> _approvals = [];
    private readonly List<(long RequestId, bool Approved)> _decisions = [];
    private readonly List<CommandSource> _sources = [];
    private readonly TimeProvider _time;
    private long _lastId;

    /// <summary>Makes a server.</summary>
    /// <param name="clients">The clients that it has at first.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    public InMemoryServer(IEnumerable<ClientSnapshot> clients, TimeProvider? timeProvider = null)
    {
        _clients = clients.ToDictionary(client => client.Name, client => client with { Id = ++_lastId }, StringComparer.Ordinal);
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public ServerInfo Info { get; init; } = new()
    {
        Version = "0.0.0",
        ServiceName = "Mandos",
        EndPoints = [new IPEndPoint(IPAddress.IPv6Loopback, 9)],
    };

    /// <inheritdoc/>
    public RequestLinks Links { get; } = new();

    /// <summary>What every call fails with; null for none.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether calls are not answered, as by a server that hangs: they wait until they are cancelled.</summary>
    public bool Silent { get; set; }

    /// <summary>Why commands are in force but not saved, which their results say; null if they are saved.</summary>
    public string? SaveProblem { get; set; }

    /// <summary>Who gave the commands that were carried out, in their order.</summary>
    public IReadOnlyList<CommandSource> Sources
    {
        get
        {
            lock (_lock)
            {
                return [.. _sources];
            }
        }
    }

    /// <summary>How often the configuration was re-read.</summary>
    public int Reloads { get; private set; }

    /// <summary>The approvals and denials given, in their order.</summary>
    public IReadOnlyList<(string Name, bool Approved)> Approvals
    {
        get
        {
            lock (_lock)
            {
                return [.. _approvals];
            }
        }
    }

    /// <summary>The approvals and denials given to single requests, in their order.</summary>
    public IReadOnlyList<(long RequestId, bool Approved)> Decisions
    {
        get
        {
            lock (_lock)
            {
                return [.. _decisions];
            }
        }
    }

    /// <summary>The secret set for a client; null if none was.</summary>
    /// <param name="name">Name of the client.</param>
    public ReadOnlyMemory<byte>? Secret(string name)
    {
        lock (_lock)
        {
            return _secrets.TryGetValue(name, out byte[]? secret) ? new ReadOnlyMemory<byte>(secret) : (ReadOnlyMemory<byte>?)null;
        }
    }

    /// <summary>Adds a client.</summary>
    /// <param name="client">The client. The server gives it an <see cref="ClientSnapshot.Id"/>.</param>
    public void Add(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        lock (_lock)
        {
            ClientSnapshot added = client with { Id = ++_lastId };
            _clients.Add(client.Name, added);
            Publish(new ClientAdded(added));
        }
    }

    /// <summary>Changes a client, with an event for each property that is different afterwards.</summary>
    /// <param name="wanted">The client: a snapshot, or the name.</param>
    /// <param name="change">Gives the client as it shall be.</param>
    /// <returns>The client after it.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    public ClientSnapshot Update(ClientReference wanted, Func<ClientSnapshot, ClientSnapshot> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_lock)
        {
            ClientSnapshot before = Get(wanted);
            ClientSnapshot after = change(before);
            _clients[wanted.Name] = after;
            foreach ((ClientProperty property, Func<ClientSnapshot, object?> value) in _properties)
            {
                if (!Equals(value(before), value(after)))
                {
                    Publish(new ClientPropertyChanged(after, property));
                }
            }

            foreach (ClientSetting setting in ClientSetting.All.Where(setting => !setting.IsSame(before.Settings, after.Settings)))
            {
                Publish(new ClientPropertyChanged(after, setting));
            }

            return after;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ClientSnapshot>> GetClientsAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            return [.. _clients.Values];
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ClientSnapshot?> GetClientAsync(string name, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            return _clients.GetValueOrDefault(name);
        }
    }

    /// <inheritdoc/>
    public Task<CommandResult> EnableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client,
        source,
        state => state.Enabled ? state : state with
        {
            Enabled = true,
            LastEnabled = _time.GetUtcNow(),
            Expires = _time.GetUtcNow() + state.Settings.Timeout,
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> DisableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client, source, state => state with { Enabled = false, Expires = null, CheckerRunning = false, ExpectedReboot = null },
        cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ApproveAsync(
        ClientReference client, bool approved, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client,
        source,
        state =>
        {
            IPAddress[] addresses = [.. state.Requests.Select(request => request.Peer.Address).Distinct()];
            if (approved && !state.Settings.ApproveAll && addresses.Length > 1)
            {
                throw new ConflictingRequestsException(client.Name, addresses);
            }

            _approvals.Add((client.Name, approved));
            return state with { Requests = state.Requests.Count > 0 ? [] : state.Requests };
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<CommandResult> DecideAsync(long requestId, bool approved, CommandSource source, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            ClientSnapshot client = _clients.Values.FirstOrDefault(client => client.Requests.Any(request => request.Id == requestId))
                ?? throw new UnknownRequestException(requestId);
            _decisions.Add((requestId, approved));
            Update(client.Name, one => one with { Requests = [.. one.Requests.Where(request => request.Id != requestId)] });
            return Done(source);
        }
    }

    /// <inheritdoc/>
    public Task<CommandResult> ExpectRebootAsync(ClientReference client, RebootPlan plan, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return UpdateAsync(
            client,
            source,
            state =>
            {
                plan.Validate();
                return plan.Time == TimeSpan.Zero ? state with { ExpectedReboot = null }
                    : !state.Enabled ? throw new ClientDisabledException(state.Name)
                    : state with
                    {
                        ExpectedReboot = new ExpectedReboot(_time.GetUtcNow() + plan.Time) { Reason = plan.Reason, NeedsNoApproval = plan.NeedsNoApproval },
                    };
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> RehearseAsync(ClientReference client, TimeSpan valid, CommandSource source, CancellationToken cancellationToken)
        => UpdateAsync(
            client, source, state => state with { RehearsalUntil = valid == TimeSpan.Zero ? null : _time.GetUtcNow() + valid }, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> MarkCheckedOkAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client,
        source,
        state => state with
        {
            LastCheckedOk = _time.GetUtcNow(),
            LastCheckerStatus = 0,
            Expires = state.Enabled ? _time.GetUtcNow() + state.Settings.Timeout : null,
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StartCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client,
        source,
        state =>
        {
            ClientSnapshot running = state with { CheckerRunning = true };
            if (!state.CheckerRunning)
            {
                Publish(new CheckerStarted(running, state.Settings.Checker));
            }

            return running;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StopCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => UpdateAsync(client, source, state => state with { CheckerRunning = false }, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ChangeAsync(ClientReference client, ClientChange change, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        try
        {
            change.Validate();
        }
        catch (ArgumentException e)
        {
            return Task.FromException<CommandResult>(e);
        }

        return UpdateAsync(client, source, state => state with { Settings = change.ApplyTo(state.Settings) }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> SetSecretAsync(
        ClientReference client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        byte[] copy = secret.ToArray();
        return UpdateAsync(
            client,
            source,
            state =>
            {
                _secrets[client.Name] = copy;
                Publish(new ClientPropertyChanged(state, ClientProperty.Secret));
                return state;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<CommandResult> AddClientAsync(
        NewClient client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        byte[] copy = secret.ToArray();
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_clients.ContainsKey(client.Name) || _kept.Exists(kept => kept.Name == client.Name))
            {
                throw new ClientExistsException($"there is, or was, a client “{client.Name}” already");
            }

            _secrets[client.Name] = copy;
            Add(new ClientSnapshot
            {
                Name = client.Name,
                Origin = ClientOrigin.Command,
                Settings = client.Settings,
                Created = _time.GetUtcNow(),
                Enabled = client.Enabled,
                LastEnabled = client.Enabled ? _time.GetUtcNow() : null,
                Expires = client.Enabled ? _time.GetUtcNow() + client.Settings.Timeout : null,
            });
            return Done(source);
        }
    }

    /// <inheritdoc/>
    public IInvitations? Invitations { get; set; }

    /// <summary>What <see cref="GetUnknownKeysAsync"/> answers.</summary>
    public IReadOnlyList<UnknownKey> UnknownKeys { get; set; } = [];

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        return UnknownKeys;
    }

    /// <summary>What <see cref="ExamineAsync"/> answers; null: there are no files.</summary>
    public Examination? Examination { get; set; }

    /// <summary>The sections that were given to <see cref="ExamineAsync"/> last; null for none.</summary>
    public ReadOnlyMemory<byte>? Examined { get; private set; }

    /// <inheritdoc/>
    public async Task<Examination> ExamineAsync(ReadOnlyMemory<byte> sections, CancellationToken cancellationToken)
    {
        byte[] copy = sections.ToArray();
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        if (sections.Length > ClientLimits.SectionsBytes)
        {
            throw new ArgumentException($"sections may have at most {ClientLimits.SectionsBytes} bytes, these have {sections.Length}");
        }

        lock (_lock)
        {
            Examined = copy;
            return Examination ?? throw new NotSupportedException("there are no files");
        }
    }

    /// <inheritdoc/>
    public async Task<CommandResult> RemoveAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            ClientSnapshot removed = Get(client);
            _clients.Remove(client.Name);
            Publish(new ClientRemoved(removed, RemovalReason.Command));
            if (removed.Origin == ClientOrigin.Files)
            {
                _kept.Add(new KeptClient
                {
                    Name = client.Name,
                    KeyId = removed.Settings.KeyId,
                    Fingerprint = removed.Settings.Fingerprint,
                    State = KeptState.Removed,
                });
            }

            return Done(source);
        }
    }

    /// <summary>Keeps one that is no client.</summary>
    /// <param name="client">What is kept of it.</param>
    public void Keep(KeptClient client)
    {
        lock (_lock)
        {
            _kept.Add(client);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeptClient>> GetKeptClientsAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            return [.. _kept.OrderBy(client => client.Name, StringComparer.Ordinal)];
        }
    }

    /// <inheritdoc/>
    public async Task<CommandResult> ForgetAsync(string name, CommandSource source, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_kept.RemoveAll(client => client.Name == name) == 0)
            {
                throw new UnknownClientException(name);
            }

            return Done(source);
        }
    }

    /// <inheritdoc/>
    /// <remarks>There is nothing to read: it is counted in <see cref="Reloads"/>, or fails with <see cref="Failure"/>.</remarks>
    public async Task<CommandResult> ReloadAsync(CommandSource source, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            Reloads++;
            return Done(source);
        }
    }

    private async Task<CommandResult> UpdateAsync(
        ClientReference client, CommandSource source, Func<ClientSnapshot, ClientSnapshot> change, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        Update(client, change);
        return Done(source);
    }

    private ClientSnapshot Get(ClientReference wanted)
        => _clients.TryGetValue(wanted.Name, out ClientSnapshot? client) && wanted.Means(client) ? client : throw new UnknownClientException(wanted);

    /// <summary>Ends a command that was carried out.</summary>
    private CommandResult Done(CommandSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        lock (_lock)
        {
            _sources.Add(source);
            return SaveProblem is { } problem ? CommandResult.NotSaved(problem) : CommandResult.Durable;
        }
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Silent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
        }

        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}
