using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Sharing;

/// <summary>Servers at one shared store, for the time of a check.</summary>
/// <param name="create">Makes a store; those made with one context share what they keep.</param>
internal sealed class SharedServers(Func<ContractContext, ISharedStateStore> create) : IAsyncDisposable
{
    private readonly List<ISharedStateStore> _stores = [];

    /// <summary>What the stores get.</summary>
    public ContractContext Context { get; } = new();

    /// <summary>Has a server join, and sync.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="id">Its identity; null for a new one.</param>
    public async Task<ServerView> JoinAsync(string name, CancellationToken cancellationToken, Guid? id = null)
    {
        ISharedStateStore store = create(Context);
        _stores.Add(store);
        var server = new ServerView(store, new ServerIdentity(id ?? Guid.NewGuid(), name));
        await store.JoinAsync(server.Identity, cancellationToken).ConfigureAwait(false);
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await server.SyncAsync(cancellationToken).ConfigureAwait(false);
        return server;
    }

    /// <summary>Has two servers join.</summary>
    public async Task<(ServerView A, ServerView B)> JoinTwoAsync(CancellationToken cancellationToken)
        => (await JoinAsync("a", cancellationToken).ConfigureAwait(false), await JoinAsync("b", cancellationToken).ConfigureAwait(false));

    public async ValueTask DisposeAsync()
    {
        foreach (ISharedStateStore store in _stores)
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }

        Context.Dispose();
    }
}
