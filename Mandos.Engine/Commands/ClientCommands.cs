using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Approval;
using Mandos.Engine.Auditing;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Persistence;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Commands;

/// <summary>The server as control surfaces see and command it. Thread-safe.</summary>
internal sealed partial class ClientCommands : IMandosServer
{
    /// <summary>What goes on when a connection has not ended although it was told to.</summary>
    private static readonly string _stillSending =
        $"a secret that was on its way may still go out, as its connection has not ended within {EngineServices.Patience.TotalSeconds} s";

    private readonly EngineServices _services;
    private readonly ClientRegistry _clients;
    private readonly EventHub _events;
    private readonly IStateKeeper _keeper;
    private readonly KeptClients _kept;
    private readonly ClientTransitions _transitions;
    private readonly CheckRunner _checks;
    private readonly ApprovalDesk _approvals;
    private readonly Reloader _reloader;
    private readonly ClientAdder _adder;
    private readonly CommandAudit _audit;
    private readonly ILogger _logger;

    public ClientCommands(
        EngineServices services, ClientRegistry clients, EventHub events, IStateKeeper keeper, KeptClients kept, ClientTransitions transitions,
        CheckRunner checks, ApprovalDesk approvals, Reloader reloader, ClientAdder adder, CommandAudit audit)
    {
        (_services, _clients, _events, _keeper, _kept, _logger) = (services, clients, events, keeper, kept, services.Logger);
        (_transitions, _checks, _approvals, _reloader, _adder, _audit) = (transitions, checks, approvals, reloader, adder, audit);
    }

    /// <inheritdoc/>
    /// <remarks>Set it before the control surfaces start.</remarks>
    public ServerInfo Info
    {
        get => field with { StateProblem = _keeper.Problem, Group = Group?.Invoke() };
        set;
    } = new() { Version = "", ServiceName = "", EndPoints = [] };

    /// <summary>Tells which servers share the state; null if none do. Thread-safe.</summary>
    public Func<ServerGroup>? Group { get; init; }

    /// <inheritdoc/>
    public async ValueTask<ServerSubscription> SubscribeAsync(CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(() => _events.Subscribe(Snapshots(), _services.Loop.Post), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ClientSnapshot>> GetClientsAsync(CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(Snapshots, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<ClientSnapshot?> GetClientAsync(string name, CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(
            () => _clients.TryGet(name, out Client? client) ? client.Snapshot : null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeptClient>> GetKeptClientsAsync(CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(_kept.List, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<CommandResult> EnableAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Enable, name, source), Quick(_transitions.Enable), cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> DisableAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Disable, name, source), Revoking(_transitions.Disable), cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ApproveAsync(string name, bool approved, CommandSource source, CancellationToken cancellationToken)
        => approved
            ? ApproveAsync(Given(AuditCommand.Approve, name, source), cancellationToken)
            : ChangeStateAsync(
                Given(AuditCommand.Deny, name, source), Revoking(client => _approvals.Approve(client, false)), cancellationToken);

    /// <inheritdoc/>
    public async Task<CommandResult> DecideAsync(long requestId, bool approved, CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(approved ? AuditCommand.ApproveRequest : AuditCommand.DenyRequest, null, source);
        await _services.Loop.InvokeAsync(() => _audit.NoteFailure(command, Decide), cancellationToken).ConfigureAwait(false);
        return CommandResult.Durable;

        bool Decide()
        {
            _services.ThrowIfStopping();
            OpenRequest request = _approvals.Decide(requestId, approved);
            _audit.Note(
                command with { Client = request.Client.Name }, CommandOutcome.Done, $"request {requestId} from {request.Description.Peer}");
            return true;
        }
    }

    /// <inheritdoc/>
    public Task<CommandResult> MarkCheckedOkAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.MarkCheckedOk, name, source), Quick(_transitions.MarkCheckedOk), cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StartCheckerAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => RunAsync(
            Given(AuditCommand.StartChecker, name, source), client => new Effect(_checks.Start(client), Task.CompletedTask), cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StopCheckerAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => RunAsync(Given(AuditCommand.StopChecker, name, source), Quick(_transitions.StopCheck), cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ChangeAsync(string name, ClientChange change, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ChangeStateAsync(
            Given(AuditCommand.Change, name, source),
            client => new Effect(Change(client, change), client.WhenAbortedSendsEnd()), // a shorter timeout may be over already
            cancellationToken,
            string.Join(", ", change.Settings.Select(static setting => setting.OptionName)));
    }

    /// <inheritdoc/>
    public Task<CommandResult> SetSecretAsync(
        string name, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(AuditCommand.SetSecret, name, source);
        return SetSecretAsync(command, _audit.NoteFailure(command, () => Secret.Copy(secret)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> AddClientAsync(
        NewClient client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        cancellationToken.ThrowIfCancellationRequested();
        return AddAsync(Given(AuditCommand.Add, client.Name, source), client, secret).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> RemoveAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Remove, name, source), Revoking(Remove), cancellationToken);

    /// <inheritdoc/>
    public async Task<CommandResult> ForgetAsync(string name, CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(AuditCommand.Forget, name, source);
        await _services.Loop.InvokeAsync(() => _audit.NoteFailure(command, Forget), cancellationToken).ConfigureAwait(false);
        return await SaveAsync(command, null, cancellationToken).ConfigureAwait(false);

        bool Forget()
        {
            _services.ThrowIfStopping();
            if (!_kept.Forget(name))
            {
                throw new UnknownClientException(name);
            }

            LogForgotten(name);
            _keeper.Decided(AuditCommand.Forget, name);
            _audit.Note(command, CommandOutcome.Done);
            return true;
        }
    }

    /// <inheritdoc/>
    public Task<CommandResult> ReloadAsync(CommandSource source, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ReloadAsync(Given(AuditCommand.Reload, null, source)).WaitAsync(cancellationToken);
    }

    /// <summary>Adds a client, and says in the audit what has come of it, whether anybody waits still or not.</summary>
    private async Task<CommandResult> AddAsync(GivenCommand command, NewClient client, ReadOnlyMemory<byte> secret)
    {
        try
        {
            ClientDefinition definition = ClientRules.Define(client, secret); // before the caller can change or zero anything
            await _adder.AddAsync(definition, () => _audit.Note(command, CommandOutcome.Done, ClientRegistry.Keys(definition.Settings).First()))
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _audit.Note(command, CommandOutcome.Failed, e.Message);
            throw;
        }

        return await SaveAsync(command, command.Client, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Reloads, and says in the audit what has come of it, whether anybody waits still or not.</summary>
    private async Task<CommandResult> ReloadAsync(GivenCommand command)
    {
        ReloadEffect effect;
        try
        {
            effect = await _reloader.ReloadAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _audit.Note(command, CommandOutcome.Failed, e is ConfigurationException { Problems: [var first, ..] } ? first : e.Message);
            throw;
        }

        _audit.Note(command, CommandOutcome.Done);
        await _services.WaitAsync(effect.Checks, "checkers to start after a reload", CancellationToken.None).ConfigureAwait(false);
        CommandResult ended = await WaitForSendsAsync(command, effect.Sends, CancellationToken.None).ConfigureAwait(false);
        return Both(ended, await WaitUntilSavedAsync(command, effect.Saved, CancellationToken.None).ConfigureAwait(false));
    }

    /// <summary>Approves; a denial that ends by that is saved, or it would hold again after a start.</summary>
    private async Task<CommandResult> ApproveAsync(GivenCommand command, CancellationToken cancellationToken)
    {
        bool wasDenied = false;
        CommandResult ended = await RunAsync(command, Quick(Approve), cancellationToken).ConfigureAwait(false);
        return wasDenied || _keeper.KeepsApprovals ? Both(ended, await SaveAsync(command, command.Client, cancellationToken).ConfigureAwait(false)) : ended;

        void Approve(Client client)
        {
            wasDenied = client.DeniedUntil is not null;
            _approvals.Approve(client, true);
        }
    }

    private static GivenCommand Given(AuditCommand command, string? client, CommandSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new GivenCommand(command, client, source);
    }

    private async Task<CommandResult> SetSecretAsync(GivenCommand command, Secret secret, CancellationToken cancellationToken)
    {
        bool isTaken = false;
        try
        {
            return await ChangeStateAsync(command, Revoking(Take), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!isTaken && (e is UnknownClientException || !cancellationToken.IsCancellationRequested))
        {
            secret.Dispose(); // it did not become the client's, and will not
            throw;
        }

        void Take(Client client)
        {
            isTaken = true;
            _transitions.SetSecret(client, secret);
        }
    }

    private static Func<Client, Effect> Quick(Action<Client> command) => client =>
    {
        command(client);
        return new Effect(Task.CompletedTask, Task.CompletedTask);
    };

    /// <summary>A command that may break off secrets that are on their way: it has not taken effect before these have ended.</summary>
    private static Func<Client, Effect> Revoking(Action<Client> command) => client =>
    {
        command(client);
        return new Effect(Task.CompletedTask, client.WhenAbortedSendsEnd());
    };

    /// <summary>The result of a command that has two parts.</summary>
    private static CommandResult Both(CommandResult ended, CommandResult saved)
        => ended.Problem is null ? saved
            : saved.Problem is null ? ended
            : CommandResult.NotEnded($"{_stillSending}; besides, {saved.Problem}");

    /// <summary>Carries out a command that changes what is saved, and waits until it is.</summary>
    private async Task<CommandResult> ChangeStateAsync(
        GivenCommand command, Func<Client, Effect> carryOut, CancellationToken cancellationToken, string? detail = null)
    {
        CommandResult ended = await RunAsync(command, carryOut, cancellationToken, detail).ConfigureAwait(false);
        return Both(ended, await SaveAsync(command, command.Client, cancellationToken).ConfigureAwait(false));
    }

    /// <param name="command">The command that made the changes.</param>
    /// <param name="name">The client whose changes to save; null for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    private async Task<CommandResult> SaveAsync(GivenCommand command, string? name, CancellationToken cancellationToken)
    {
        Task<string?> saved = await _services.Loop.InvokeAsync(() => _keeper.FlushAsync(name), cancellationToken).ConfigureAwait(false);
        return await WaitUntilSavedAsync(command, saved, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CommandResult> WaitUntilSavedAsync(GivenCommand command, Task<string?> saved, CancellationToken cancellationToken)
    {
        bool hasEnded = await _services.WaitAsync(saved, "a change to be saved", cancellationToken, _keeper.Patience).ConfigureAwait(false);
        string? problem = hasEnded ? await saved.ConfigureAwait(false) : $"that takes longer than {_keeper.Patience.TotalSeconds} s";
        if (problem is null)
        {
            return CommandResult.Durable;
        }

        _audit.Note(command, CommandOutcome.NotSaved, problem);
        return _keeper.Unsure(problem);
    }

    /// <summary>Carries out a command about one client, unless the server stops: the work that it starts would outlast the stop.</summary>
    private async Task<CommandResult> RunAsync(
        GivenCommand command, Func<Client, Effect> carryOut, CancellationToken cancellationToken, string? detail = null)
    {
        Effect effect = await _services.Loop.InvokeAsync(() => _audit.NoteFailure(command, Run), cancellationToken).ConfigureAwait(false);
        await _services.WaitAsync(effect.Check, "a checker to start", cancellationToken).ConfigureAwait(false);
        return await WaitForSendsAsync(command, effect.Sends, cancellationToken).ConfigureAwait(false);

        Effect Run()
        {
            _services.ThrowIfStopping();
            Effect effect = carryOut(_clients.Get(command.Client!));
            _keeper.Decided(command.Command, command.Client!);
            _audit.Note(command, CommandOutcome.Done, detail);
            return effect;
        }
    }

    /// <summary>Waits until nothing more will be written of the secrets that a command has broken off.</summary>
    private async Task<CommandResult> WaitForSendsAsync(GivenCommand command, Task sends, CancellationToken cancellationToken)
    {
        if (await _services.WaitAsync(sends, "secrets on their way to be broken off", cancellationToken).ConfigureAwait(false))
        {
            return CommandResult.Durable;
        }

        _audit.Note(command, CommandOutcome.NotEnded, _stillSending);
        return CommandResult.NotEnded(_stillSending);
    }

    private ClientSnapshot[] Snapshots() => [.. _clients.All.Select(static client => client.Snapshot)];

    /// <returns>Ends when a check that the change causes has started.</returns>
    private Task Change(Client client, ClientChange change)
    {
        change.Validate();
        return _transitions.Change(client, change.ApplyTo(client.Settings)) ? _checks.StartAndRepeat(client) : Task.CompletedTask;
    }

    internal void Remove(Client client)
    {
        StoredClient stored = client.ToStored();
        _transitions.Remove(client, RemovalReason.Command);
        if (client.Definition.Origin == ClientOrigin.Command)
        {
            _keeper.Forget(client.Name); // no file brings it back
        }
        else
        {
            _kept.Add(stored with { Client = null, EncryptedSecret = default });
        }
    }

    /// <summary>What a command has set going.</summary>
    /// <param name="Check">Ends when a check that it causes has started.</param>
    /// <param name="Sends">Ends when nothing more will be written of the secrets that it has broken off.</param>
    private readonly record struct Effect(Task Check, Task Sends);
}
