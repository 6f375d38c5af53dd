using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Persistence;
using Mandos.StateSqlite;
using Mandos.TestKit;

namespace StateSqlite.Tests;

/// <summary>A temporary state directory, and short ways to use a store in it.</summary>
internal sealed class StateDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mandos-state-").FullName;

    public string Database => System.IO.Path.Join(Path, "clients.db");

    public string Log => Database + "-wal";

    public TestPluginContext Context => field ??= new TestPluginContext(Path);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whether two states are the same, whatever their order.</summary>
    public static bool Same(IEnumerable<StoredClient> one, IEnumerable<StoredClient> other)
        => ByName(one).SequenceEqual(ByName(other), StoredClientComparer.Instance);

    public SqliteStateStore Store() => new(Context);

    public async Task<IReadOnlyList<StoredClient>> LoadAsync()
    {
        await using SqliteStateStore store = Store();
        return await store.LoadAsync(Token);
    }

    public async Task SaveAsync(params IReadOnlyCollection<StoredClient> changed)
    {
        await using SqliteStateStore store = Store();
        await store.LoadAsync(Token);
        await store.SaveAsync(changed, [], Token);
    }

    /// <summary>Loads, which must be refused, and gives the reason, which must be one line that names the file.</summary>
    public async Task<string> RefusalAsync()
    {
        await using SqliteStateStore store = Store();
        string message = (await Assert.ThrowsAsync<StateStoreException>(async () => await store.LoadAsync(Token))).Message;
        Assert.StartsWith(Database + ": ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static IOrderedEnumerable<StoredClient> ByName(IEnumerable<StoredClient> clients)
        => clients.OrderBy(client => client.Name, StringComparer.Ordinal);
}
