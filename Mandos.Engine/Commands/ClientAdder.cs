using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Commands;

/// <summary>Adds clients at run time. Work that may block, or takes its time, is done beside the engine loop. Thread-safe.</summary>
/// <param name="services">What the engine shares.</param>
/// <param name="kept">What is kept of those that are no clients.</param>
/// <param name="loader">Has clients run.</param>
/// <param name="secrets">Encrypts their secrets.</param>
/// <param name="judge"><see cref="EngineOptions.JudgeClient"/></param>
/// <param name="isShared">Whether several servers share their state: the others could not open the secret of a client added here.</param>
internal sealed class ClientAdder(
    EngineServices services, KeptClients kept, ClientLoader loader, AddedSecrets secrets, Func<ClientDefinition, Task>? judge,
    bool isShared)
{
    /// <summary>Adds a client.</summary>
    /// <param name="definition">The client; its secret becomes the engine's, or is zeroed if this fails.</param>
    /// <param name="whenDone">Called on the engine loop right after the client is there.</param>
    /// <exception cref="ArgumentException">It is not to be taken.</exception>
    /// <exception cref="ClientExistsException">Another one has its name or a key of it, or something is kept under these.</exception>
    /// <exception cref="StateStoreException">Its secret cannot be kept.</exception>
    public async Task AddAsync(ClientDefinition definition, Action whenDone)
    {
        bool isAdded = false;
        try
        {
            if (judge is not null)
            {
                await judge(definition).ConfigureAwait(false);
            }

            await services.Loop.InvokeAsync(RequireAllServed).ConfigureAwait(false);
            byte[] encrypted = await Task.Run(Encrypt).ConfigureAwait(false);
            await services.Loop.InvokeAsync(Add).ConfigureAwait(false);

            bool Add()
            {
                services.ThrowIfStopping();
                loader.Add(definition, encrypted);
                isAdded = true;
                whenDone();
                return true;
            }
        }
        finally
        {
            if (!isAdded)
            {
                definition.Secret.Dispose();
            }
        }

        byte[] Encrypt()
        {
            secrets.RequireKey();
            return secrets.Encrypt(definition, definition.Secret);
        }
    }

    /// <summary>Sees that no client is kept whose key is lost: to make another key would be to lose it for good.</summary>
    private bool RequireAllServed()
    {
        services.ThrowIfStopping();
        if (isShared)
        {
            throw new StateStoreException("servers that share their state take their clients from the files alone; add the client to clients.conf of each");
        }

        return kept.Added() is [var unserved, ..]
            ? throw new StateStoreException(
                $"client “{unserved.Name}” was added before, and the server key that its secret needs is not there; restore that key, which the "
                + "server reads within a minute, or forget the client first")
            : true;
    }
}
