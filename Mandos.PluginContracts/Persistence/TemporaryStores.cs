using Mandos.Abstractions.Persistence;

namespace Mandos.PluginContracts.Persistence;

/// <summary>A temporary state directory, and stores in it one after another.</summary>
/// <param name="create">Makes a store in the state directory of a context.</param>
internal sealed class TemporaryStores(Func<ContractContext, IStateStore> create) : IDisposable
{
    /// <summary>What the stores get.</summary>
    public ContractContext Context { get; } = new();

    /// <summary>The directory.</summary>
    public string Path => Context.StateDirectory;

    /// <summary>Every file in it.</summary>
    public IReadOnlyList<string> Files() => Directory.GetFiles(Path, "*", SearchOption.AllDirectories);

    /// <summary>Uses a store and disposes it.</summary>
    public async Task UseAsync(Func<IStateStore, Task> use)
    {
        IStateStore store = create(Context);
        await using (store.ConfigureAwait(false))
        {
            await use(store).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a store, gives what it holds, and closes it.</summary>
    public async Task<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredClient> clients = [];
        await UseAsync(
            async store => clients = await store.LoadAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return clients;
    }

    /// <summary>Opens a store, saves, and closes it.</summary>
    public Task SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        return UseAsync(async store =>
        {
            await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            await store.SaveAsync(changed, forgotten, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <summary>Opens a store, saves with a token that is cancelled already, and closes it.</summary>
    /// <returns>Whether it claims to have saved.</returns>
    public async Task<bool> TrySaveCancelledAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        bool saved = false;
        await UseAsync(async store =>
        {
            await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            saved = await TrySaveCancelledAsync(store, changed, forgotten).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return saved;
    }

    /// <summary>Saves with a token that is cancelled already.</summary>
    /// <returns>Whether it claims to have saved.</returns>
    public static async Task<bool> TrySaveCancelledAsync(
        IStateStore store, IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten)
    {
        try
        {
            await store.SaveAsync(changed, forgotten, new CancellationToken(canceled: true)).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Copies the directory as it is now.</summary>
    public TemporaryStores Copy(string? except = null)
    {
        var copy = new TemporaryStores(create);
        foreach (string file in Files().Where(file => file != except))
        {
            string target = System.IO.Path.Join(copy.Path, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    public void Dispose() => Context.Dispose();
}
