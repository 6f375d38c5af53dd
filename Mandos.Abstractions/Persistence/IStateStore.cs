namespace Mandos.Abstractions.Persistence;

/// <summary>Keeps the run-time state of the clients over restarts, crashes and power cuts.</summary>
/// <remarks>Methods are called one after another, from any thread. Secrets reach a store only encrypted.</remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>Opens the store, creating it if there is none, and reads everything. Called once, first.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">
    /// The store is damaged, of a newer version, in use or not accessible. The server does not start then: state is never dropped silently.
    /// </exception>
    ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Saves changes: all of them or none, and durably, so that they outlast a power cut after the task has ended.</summary>
    /// <param name="changed">Clients to add or replace.</param>
    /// <param name="forgotten">Names of clients to drop; names unknown to the store are ignored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">Nothing was saved, for example because the disk is full. The server tries again.</exception>
    ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken);
}
