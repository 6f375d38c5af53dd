using Mandos.Abstractions.Persistence;

namespace Mandos.Host.Server;

/// <summary>The store of a server that is to restore nothing and has no directory to save anything in.</summary>
/// <param name="problem">Why it has none.</param>
internal sealed class UnusableStore(string problem) : IStateStore
{
    /// <inheritdoc/>
    public string? SaveProblem => problem;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken) => new([]);

    /// <inheritdoc/>
    public ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => throw new StateStoreException($"{problem}, and restart the server");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
