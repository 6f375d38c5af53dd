using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;

namespace Mandos.Engine;

/// <content>What control surfaces see.</content>
public sealed partial class MandosEngine : IMandosServer
{
    /// <inheritdoc/>
    /// <remarks>Set it before the control surfaces start.</remarks>
    public ServerInfo Info
    {
        get => field with { StateProblem = _keeper.Problem };
        set;
    } = new() { Version = "", ServiceName = "", EndPoints = [] };

    /// <inheritdoc/>
    public async ValueTask<ServerSubscription> SubscribeAsync(CancellationToken cancellationToken)
        => await _loop.InvokeAsync(() => _events.Subscribe(Snapshots(), _loop.Post), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ClientSnapshot>> GetClientsAsync(CancellationToken cancellationToken)
        => await _loop.InvokeAsync(Snapshots, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<ClientSnapshot?> GetClientAsync(string name, CancellationToken cancellationToken)
        => await _loop.InvokeAsync(
            () => _clients.TryGet(name, out Client? client) ? client.Snapshot : null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task EnableAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Quick(_lifecycle.Enable), cancellationToken);

    /// <inheritdoc/>
    public Task DisableAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Quick(_lifecycle.Disable), cancellationToken);

    /// <inheritdoc/>
    public Task ApproveAsync(string name, bool approved, CancellationToken cancellationToken)
    {
        Func<Client, Task> command = Quick(client => _approvals.Approve(client, approved));
        return approved ? CommandAsync(name, command, cancellationToken) : ChangeStateAsync(name, command, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DecideAsync(long requestId, bool approved, CancellationToken cancellationToken)
        => _loop.InvokeAsync(
            () =>
            {
                ThrowIfStopping();
                _approvals.Decide(requestId, approved);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task MarkCheckedOkAsync(string name, CancellationToken cancellationToken)
        => ChangeStateAsync(name, Quick(_lifecycle.MarkCheckedOk), cancellationToken);

    /// <inheritdoc/>
    public Task StartCheckerAsync(string name, CancellationToken cancellationToken)
        => CommandAsync(name, _checks.Start, cancellationToken);

    /// <inheritdoc/>
    public Task StopCheckerAsync(string name, CancellationToken cancellationToken)
        => CommandAsync(name, Quick(_checks.Stop), cancellationToken);

    /// <inheritdoc/>
    public Task ChangeAsync(string name, ClientChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        change.Validate();
        return ChangeStateAsync(name, client => _lifecycle.Change(client, change.ApplyTo(client.Settings)), cancellationToken);
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
        => ChangeStateAsync(name, Quick(Remove), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeptClient>> GetKeptClientsAsync(CancellationToken cancellationToken)
        => await _loop.InvokeAsync(_kept.List, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        await _loop.InvokeAsync(() => Forget(name), cancellationToken).ConfigureAwait(false);
        await SaveAsync(null, cancellationToken).ConfigureAwait(false);
    }

    private bool Forget(string name)
    {
        ThrowIfStopping();
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
            await ChangeStateAsync(name, Quick(client => SetSecret(client, secret)), cancellationToken).ConfigureAwait(false);
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
        Task<string?> saved = await _loop.InvokeAsync(() => _keeper.FlushAsync(name), cancellationToken).ConfigureAwait(false);
        await WaitUntilSavedAsync(saved, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="StateNotSavedException">It failed, or takes too long.</exception>
    private async Task WaitUntilSavedAsync(Task<string?> saved, CancellationToken cancellationToken)
    {
        bool hasEnded = await WaitAsync(saved, "a change to be saved", cancellationToken).ConfigureAwait(false);
        string? problem = hasEnded ? await saved.ConfigureAwait(false) : $"that takes longer than {_patience.TotalSeconds} s";
        if (problem is not null)
        {
            throw new StateNotSavedException(problem);
        }
    }

    private async Task CommandAsync(string name, Func<Client, Task> command, CancellationToken cancellationToken)
    {
        Task effect = await _loop.InvokeAsync(() => Run(name, command), cancellationToken).ConfigureAwait(false);
        await WaitAsync(effect, "a checker to start", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Carries out a command, unless the server stops: what it set going would outlast the stop.</summary>
    private Task Run(string name, Func<Client, Task> command)
    {
        ThrowIfStopping();
        return command(_clients.Get(name));
    }

    private void ThrowIfStopping()
    {
        if (_stopping)
        {
            throw new OperationCanceledException("the server is stopping");
        }
    }

    private ClientSnapshot[] Snapshots() => [.. _clients.All.Select(static client => client.Snapshot)];

    private void SetSecret(Client client, Secret secret)
    {
        if (client.Secret.FixedTimeEquals(secret.Memory.Span))
        {
            secret.Dispose();
            return;
        }

        Secret old = client.Secret;
        Secret file = client.Definition.Secret;
        bool isFile = file.FixedTimeEquals(secret.Memory.Span);
        client.EncryptedSecret = isFile ? default : SecretCipher.Encrypt(file, client.Name, secret.Memory.Span);
        client.Secret = isFile ? file : secret;
        if (isFile)
        {
            secret.Dispose();
        }

        if (old != file)
        {
            old.Dispose();
        }

        _journal.Update(client, client.Snapshot, ClientProperty.Secret);
        LogSecretChanged(client.Name);
    }

    private void Remove(Client client)
    {
        StoredClient stored = client.ToStored();
        TakeOut(client);
        _kept.Add(stored with { Client = null, EncryptedSecret = default });
    }

    /// <summary>Ends a client: nobody finds it any more, and nothing runs for it.</summary>
    private void TakeOut(Client client)
    {
        // Out of reach before anything else, so that no fault below can leave it there.
        _clients.Remove(client);
        if (client.Snapshot.DBusObjectPath is { } path)
        {
            _paths?.Release(path);
        }

        _lifecycle.Remove(client);
        _journal.Publish(client, static state => new ClientRemoved(state));
        client.IsRemoved = true;
        client.Secret.Dispose();
        client.Definition.Secret.Dispose();
        if (!client.LastCheck.IsCompleted)
        {
            _lastChecks[client.Name] = client.LastCheck;
        }
    }
}
