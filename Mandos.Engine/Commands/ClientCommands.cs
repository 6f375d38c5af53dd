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
    private readonly ClientExaminer _examiner;
    private readonly CommandAudit _audit;
    private readonly ILogger _logger;

    public ClientCommands(
        EngineServices services, ClientRegistry clients, EventHub events, IStateKeeper keeper, KeptClients kept, ClientTransitions transitions,
        CheckRunner checks, ApprovalDesk approvals, Reloader reloader, ClientAdder adder, ClientExaminer examiner, CommandAudit audit)
    {
        (_services, _clients, _events, _keeper, _kept, _logger) = (services, clients, events, keeper, kept, services.Logger);
        (_transitions, _checks, _approvals, _reloader, _adder, _examiner, _audit) = (transitions, checks, approvals, reloader, adder, examiner, audit);
    }

    /// <inheritdoc/>
    /// <remarks>Set it before the control surfaces start.</remarks>
    public ServerInfo Info
    {
        get => field with { StateProblem = _keeper.Problem, Group = Group?.Invoke() };
        set;
    } = new() { Version = "", ServiceName = "", EndPoints = [] };

    /// <inheritdoc/>
    public RequestLinks Links { get; } = new();

    /// <inheritdoc/>
    public IInvitations? Invitations { get; init; }

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
    public async ValueTask<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(
            () => _approvals.Unknown.List(key => _clients.FindByKey(key) is not null), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<CommandResult> EnableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Enable, client, source), Quick(_transitions.Enable)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> DisableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Disable, client, source), Revoking(_transitions.Disable)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ApproveAsync(ClientReference client, bool approved, CommandSource source, CancellationToken cancellationToken)
        => (approved
            ? ApproveAsync(Given(AuditCommand.Approve, client, source))
            : ChangeStateAsync(Given(AuditCommand.Deny, client, source), Revoking(one => _approvals.Approve(one, false)))).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> DecideAsync(long requestId, bool approved, CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(approved ? AuditCommand.ApproveRequest : AuditCommand.DenyRequest, null, source);
        return OnLoopAsync(command, Decide).WaitAsync(cancellationToken);

        CommandResult Decide()
        {
            OpenRequest request = _approvals.Decide(requestId, approved);
            _audit.Note(
                command with { Client = request.Client.Snapshot }, CommandOutcome.Done, $"request {requestId} from {request.Description.Peer}");
            return CommandResult.Durable;
        }
    }

    /// <inheritdoc/>
    public Task<CommandResult> MarkCheckedOkAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.MarkCheckedOk, client, source), Quick(_transitions.MarkCheckedOk)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StartCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => RunAsync(Given(AuditCommand.StartChecker, client, source), one => new Effect(_checks.Start(one), Task.CompletedTask))
            .WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> StopCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => RunAsync(Given(AuditCommand.StopChecker, client, source), Quick(_transitions.StopCheck)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ChangeAsync(ClientReference client, ClientChange change, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ChangeStateAsync(
            Given(AuditCommand.Change, client, source),
            one => new Effect(Change(one, change), one.WhenAbortedSendsEnd()), // a shorter timeout may be over already
            NamesOf(change)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> SetSecretAsync(
        ClientReference client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(AuditCommand.SetSecret, client, source);
        return SetSecretAsync(command, _audit.NoteFailure(command, () => Secret.Copy(secret))).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> AddClientAsync(
        NewClient client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        GivenCommand command = Given(AuditCommand.Add, client.Name, source);
        return cancellationToken.IsCancellationRequested
            ? GivenUpAsync(command, cancellationToken) : AddAsync(command, client, secret).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Examination> ExamineAsync(ReadOnlyMemory<byte> sections, CancellationToken cancellationToken)
        => _examiner.ExamineAsync(sections, cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> RemoveAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Remove, client, source), Revoking(Remove)).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ForgetAsync(string name, CommandSource source, CancellationToken cancellationToken)
        => ForgetAsync(Given(AuditCommand.Forget, name, source), name).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> ReloadAsync(CommandSource source, CancellationToken cancellationToken)
    {
        GivenCommand command = Given(AuditCommand.Reload, null, source);
        return cancellationToken.IsCancellationRequested
            ? GivenUpAsync(command, cancellationToken) : ReloadAsync(command).WaitAsync(cancellationToken);
    }

    // Each command goes to its end, and says in the audit what has come of it, whether anybody waits still or not.

    private async Task<CommandResult> AddAsync(GivenCommand command, NewClient client, ReadOnlyMemory<byte> secret)
    {
        try
        {
            ClientDefinition definition = ClientRules.Define(client, secret); // before the caller can change or zero anything
            await _adder.AddAsync(definition, () => _audit.Note(command, CommandOutcome.Done, ClientRegistry.Keys(definition.Settings).First()))
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _audit.Note(command, CommandOutcome.Failed, e.Message);
            throw;
        }

        return await SaveAsync(command, client.Name).ConfigureAwait(false);
    }

    private async Task<CommandResult> ForgetAsync(GivenCommand command, string name)
    {
        await OnLoopAsync(command, Forget).ConfigureAwait(false);
        return await SaveAsync(command, null).ConfigureAwait(false);

        bool Forget()
        {
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

    private async Task<CommandResult> ReloadAsync(GivenCommand command)
    {
        ReloadEffect effect;
        try
        {
            effect = await _reloader.ReloadAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _audit.Note(command, CommandOutcome.Failed, e is ConfigurationException { Problems: [var first, ..] } ? first : e.Message);
            throw;
        }

        _audit.Note(command, CommandOutcome.Done);
        await _services.WaitAsync(effect.Checks, "checkers to start after a reload", CancellationToken.None).ConfigureAwait(false);
        CommandResult ended = await WaitForSendsAsync(command, effect.Sends).ConfigureAwait(false);
        return Both(ended, await WaitUntilSavedAsync(command, effect.Saved).ConfigureAwait(false));
    }

    /// <summary>Approves; a denial that ends by that is saved, or it would hold again after a start.</summary>
    private async Task<CommandResult> ApproveAsync(GivenCommand command)
    {
        bool wasDenied = false;
        CommandResult ended = await RunAsync(command, Quick(Approve)).ConfigureAwait(false);
        return wasDenied || _keeper.KeepsApprovals ? Both(ended, await SaveAsync(command, command.Client?.Name).ConfigureAwait(false)) : ended;

        void Approve(Client client)
        {
            wasDenied = client.DeniedUntil is not null;
            _approvals.Approve(client, true);
        }
    }

    private static GivenCommand Given(AuditCommand command, ClientReference? client, CommandSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new GivenCommand(command, client, source);
    }

    private Task<CommandResult> GivenUpAsync(GivenCommand command, CancellationToken cancellationToken)
    {
        _audit.Note(command, CommandOutcome.Failed, "it was given up before it began");
        return Task.FromCanceled<CommandResult>(cancellationToken);
    }

    private async Task<CommandResult> SetSecretAsync(GivenCommand command, Secret secret)
    {
        bool isTaken = false;
        try
        {
            return await ChangeStateAsync(command, Revoking(Take)).ConfigureAwait(false);
        }
        catch when (!isTaken)
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
    private async Task<CommandResult> ChangeStateAsync(GivenCommand command, Func<Client, Effect> carryOut, string? detail = null)
    {
        CommandResult ended = await RunAsync(command, carryOut, detail).ConfigureAwait(false);
        return Both(ended, await SaveAsync(command, command.Client?.Name).ConfigureAwait(false));
    }

    /// <param name="command">The command that made the changes.</param>
    /// <param name="name">The client whose changes to save; null for all.</param>
    private async Task<CommandResult> SaveAsync(GivenCommand command, string? name)
    {
        Task<string?> saved;
        try
        {
            saved = await _services.Loop.InvokeAsync(() => _keeper.FlushAsync(name)).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            _audit.Note(command, CommandOutcome.NotSaved, $"{e.Message}; whether it is on disk is not known");
            throw;
        }

        return await WaitUntilSavedAsync(command, saved).ConfigureAwait(false);
    }

    private async Task<CommandResult> WaitUntilSavedAsync(GivenCommand command, Task<string?> saved)
    {
        bool hasEnded = await _services.WaitAsync(saved, "a change to be saved", CancellationToken.None, _keeper.Patience).ConfigureAwait(false);
        string? problem = hasEnded ? await saved.ConfigureAwait(false) : TooSlow();
        if (problem is null)
        {
            return CommandResult.Durable;
        }

        _audit.Note(command, CommandOutcome.NotSaved, problem);
        return _keeper.Unsure(problem);
    }

    /// <summary>Carries out a command about one client.</summary>
    private async Task<CommandResult> RunAsync(GivenCommand command, Func<Client, Effect> carryOut, string? detail = null)
    {
        Effect effect = await OnLoopAsync(command, () => CarryOut(command, carryOut, detail)).ConfigureAwait(false);
        await _services.WaitAsync(effect.Check, "a checker to start", CancellationToken.None).ConfigureAwait(false);
        return await WaitForSendsAsync(command, effect.Sends).ConfigureAwait(false);
    }

    /// <summary>Carries out a command about one client. Runs on the loop.</summary>
    private Effect CarryOut(GivenCommand command, Func<Client, Effect> carryOut, string? detail)
    {
        Client client = _clients.Get(command.Client!.Value);
        Effect effect = carryOut(client);
        _keeper.Decided(command.Command, client.Name);
        _audit.Note(command, CommandOutcome.Done, detail);
        return effect;
    }

    /// <summary>Carries out a command on the loop, unless the server stops: the work that it starts would outlast the stop.</summary>
    private async Task<T> OnLoopAsync<T>(GivenCommand command, Func<T> carryOut)
    {
        bool hasBegun = false;
        try
        {
            return await _services.Loop.InvokeAsync(() => _audit.NoteFailure(command, Run)).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!hasBegun)
        {
            _audit.Note(command, CommandOutcome.Failed, e.Message);
            throw;
        }

        T Run()
        {
            hasBegun = true;
            _services.ThrowIfStopping();
            return carryOut();
        }
    }

    /// <summary>Waits until nothing more will be written of the secrets that a command has broken off.</summary>
    private async Task<CommandResult> WaitForSendsAsync(GivenCommand command, Task sends)
    {
        if (await _services.WaitAsync(sends, "secrets on their way to be broken off", CancellationToken.None).ConfigureAwait(false))
        {
            return CommandResult.Durable;
        }

        _audit.Note(command, CommandOutcome.NotEnded, _stillSending);
        return CommandResult.NotEnded(_stillSending);
    }

    private string TooSlow() => $"that takes longer than {_keeper.Patience.TotalSeconds} s";

    private static string NamesOf(ClientChange change) => string.Join(", ", change.Settings.Select(static setting => setting.OptionName));

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
            _kept.AddRemoved(stored, key => _clients.FindByKey(key) is not null);
        }
    }

    /// <summary>What a command has set going.</summary>
    /// <param name="Check">Ends when a check that it causes has started.</param>
    /// <param name="Sends">Ends when nothing more will be written of the secrets that it has broken off.</param>
    private readonly record struct Effect(Task Check, Task Sends);
}
