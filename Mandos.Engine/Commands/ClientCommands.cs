using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Approval;
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
    private readonly EngineServices _services;
    private readonly ClientRegistry _clients;
    private readonly EventHub _events;
    private readonly StateKeeper _keeper;
    private readonly KeptClients _kept;
    private readonly ClientTransitions _transitions;
    private readonly CheckRunner _checks;
    private readonly ApprovalDesk _approvals;
    private readonly Reloader _reloader;
    private readonly ILogger _logger;

    public ClientCommands(
        EngineServices services, ClientRegistry clients, EventHub events, StateKeeper keeper, KeptClients kept, ClientTransitions transitions,
        CheckRunner checks, ApprovalDesk approvals, Reloader reloader)
    {
        (_services, _clients, _events, _keeper, _kept, _logger) = (services, clients, events, keeper, kept, services.Logger);
        (_transitions, _checks, _approvals, _reloader) = (transitions, checks, approvals, reloader);
    }

    /// <inheritdoc/>
    /// <remarks>Set it before the control surfaces start.</remarks>
    public ServerInfo Info
    {
        get => field with { StateProblem = _keeper.Problem };
        set;
    } = new() { Version = "", ServiceName = "", EndPoints = [] };

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
    public Task EnableAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Quick(_transitions.Enable), cancellationToken);

    /// <inheritdoc/>
    public Task DisableAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Revoking(_transitions.Disable), cancellationToken);

    /// <inheritdoc/>
    public Task ApproveAsync(string name, bool approved, CancellationToken cancellationToken)
    {
        Func<Client, Task> command = Revoking(client => _approvals.Approve(client, approved));
        return approved ? CommandAsync(name, command, cancellationToken) : ChangeStateAsync(name, command, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DecideAsync(long requestId, bool approved, CancellationToken cancellationToken)
        => _services.Loop.InvokeAsync(
            () =>
            {
                _services.ThrowIfStopping();
                _approvals.Decide(requestId, approved);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task MarkCheckedOkAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Quick(_transitions.MarkCheckedOk), cancellationToken);

    /// <inheritdoc/>
    public Task StartCheckerAsync(string name, CancellationToken cancellationToken)
        => CommandAsync(name, _checks.Start, cancellationToken);

    /// <inheritdoc/>
    public Task StopCheckerAsync(string name, CancellationToken cancellationToken)
        => CommandAsync(name, Quick(_transitions.StopCheck), cancellationToken);

    /// <inheritdoc/>
    public Task ChangeAsync(string name, ClientChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        change.Validate();
        return ChangeStateAsync(name, client => Change(client, change), cancellationToken);
    }

    /// <inheritdoc/>
    public Task SetSecretAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        if (secret.Length > Secret.MaxLength)
        {
            throw new ArgumentException($"a secret may have at most {Secret.MaxLength} bytes, this one has {secret.Length}");
        }

        var copy = new Secret(secret.Span);
        return SetSecretAsync(name, copy, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Revoking(Remove), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeptClient>> GetKeptClientsAsync(CancellationToken cancellationToken)
        => await _services.Loop.InvokeAsync(_kept.List, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        await _services.Loop.InvokeAsync(() => Forget(name), cancellationToken).ConfigureAwait(false);
        await SaveAsync(null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        ReloadEffect effect = await _reloader.ReloadAsync(cancellationToken).ConfigureAwait(false);
        await _services.WaitAsync(effect.Checks, "checkers to start after a reload", cancellationToken).ConfigureAwait(false);
        await WaitUntilSavedAsync(effect.Saved, cancellationToken).ConfigureAwait(false);
    }

    private bool Forget(string name)
    {
        _services.ThrowIfStopping();
        if (!_kept.Forget(name))
        {
            throw new UnknownClientException(name);
        }

        LogForgotten(name);
        return true;
    }

    private async Task SetSecretAsync(string name, Secret secret, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeStateAsync(name, Revoking(client => _transitions.SetSecret(client, secret)), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is not StateNotSavedException && (e is UnknownClientException || !cancellationToken.IsCancellationRequested))
        {
            secret.Dispose(); // it did not become the client's
            throw;
        }
    }

    private static Func<Client, Task> Quick(Action<Client> command) => client =>
    {
        command(client);
        return Task.CompletedTask;
    };

    /// <summary>A command that may break off secrets that are on their way: it has not taken effect before these have ended.</summary>
    private static Func<Client, Task> Revoking(Action<Client> command) => client =>
    {
        command(client);
        return client.WhenAbortedSendsEnd();
    };

    /// <summary>Carries out a command that changes what is saved, and waits until it is.</summary>
    private async Task ChangeStateAsync(string name, Func<Client, Task> command, CancellationToken cancellationToken)
    {
        await CommandAsync(name, command, cancellationToken).ConfigureAwait(false);
        await SaveAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="name">Whose changes are to be saved; null for all.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    private async Task SaveAsync(string? name, CancellationToken cancellationToken)
    {
        Task<string?> saved = await _services.Loop.InvokeAsync(() => _keeper.FlushAsync(name), cancellationToken).ConfigureAwait(false);
        await WaitUntilSavedAsync(saved, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="StateNotSavedException">It failed, or takes too long.</exception>
    private async Task WaitUntilSavedAsync(Task<string?> saved, CancellationToken cancellationToken)
    {
        bool hasEnded = await _services.WaitAsync(saved, "a change to be saved", cancellationToken).ConfigureAwait(false);
        string? problem = hasEnded ? await saved.ConfigureAwait(false) : $"that takes longer than {EngineServices.Patience.TotalSeconds} s";
        if (problem is not null)
        {
            throw new StateNotSavedException(problem);
        }
    }

    private async Task CommandAsync(string name, Func<Client, Task> command, CancellationToken cancellationToken)
    {
        Task effect = await _services.Loop.InvokeAsync(() => Run(name, command), cancellationToken).ConfigureAwait(false);
        await _services.WaitAsync(effect, "a command to take effect", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Carries out a command, unless the server stops: what it set going would outlast the stop.</summary>
    private Task Run(string name, Func<Client, Task> command)
    {
        _services.ThrowIfStopping();
        return command(_clients.Get(name));
    }

    private ClientSnapshot[] Snapshots() => [.. _clients.All.Select(static client => client.Snapshot)];

    /// <returns>Ends when a check that the change causes has started.</returns>
    private Task Change(Client client, ClientChange change)
        => _transitions.Change(client, change.ApplyTo(client.Settings)) ? _checks.StartAndRepeat(client) : Task.CompletedTask;

    private void Remove(Client client)
    {
        StoredClient stored = client.ToStored();
        _transitions.Remove(client);
        _kept.Add(stored with { Client = null, EncryptedSecret = default });
    }

    [LoggerMessage(1715, LogLevel.Information, "Client {Client}: what was kept of it is forgotten, by a person")]
    private partial void LogForgotten(string client);
}
