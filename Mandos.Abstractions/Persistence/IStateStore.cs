namespace Mandos.Abstractions.Persistence;

/// <summary>Keeps the run-time state of the clients over restarts, crashes and power cuts.</summary>
/// <remarks>Methods are called one after another, from any thread. Secrets reach a store only encrypted.</remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>Opens the store, creating it if there is none, and reads everything. Called once, first.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">
    /// The store is damaged, of a newer version, in use, or cannot be read. The server does not start then: state is never dropped silently.
    /// </exception>
    /// <remarks>A store that can be read but not written still gives its clients, and has a <see cref="SaveProblem"/>.</remarks>
    ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Known once loaded: why nothing can be saved, in a line that names the file and says how to go on, as where a disk is read-only;
    /// null if saving is expected to work.
    /// </summary>
    /// <remarks>
    /// The server serves, says so, and calls <see cref="SaveAsync"/> now and then, with nothing to save too, until it succeeds.
    /// </remarks>
    string? SaveProblem => null;

    /// <summary>Saves changes: all of them or none, and durably, so that they outlast a power cut after the task has ended.</summary>
    /// <param name="changed">Clients to add or replace.</param>
    /// <param name="forgotten">Names of clients to drop; names unknown to the store are ignored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">Nothing was saved, for example because the disk is full. The server tries again.</exception>
    ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken);
}
