using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>Two real servers with the same clients on one real PostgreSQL.</summary>
internal sealed class SharingPair : IAsyncDisposable
{
    private SharingPair(PostgresServer database) => Database = database;

    public PostgresServer Database { get; }

    public SharingServer One { get; private set; } = null!;

    public SharingServer Other { get; private set; } = null!;

    /// <summary>Starts them.</summary>
    /// <param name="stanzas">Their clients.</param>
    public static async Task<SharingPair> StartAsync(params IReadOnlyCollection<string> stanzas)
    {
        var pair = new SharingPair(await PostgresServer.StartAsync());
        try
        {
            await MandosDatabase.PrepareAsync(pair.Database);
            pair.One = await SharingServer.PrepareAsync("one", new SharingPlace(pair.Database.SocketDirectory), stanzas);
            pair.Other = await SharingServer.PrepareAsync("other", new SharingPlace(pair.Database.SocketDirectory), stanzas);
            await Task.WhenAll(pair.One.StartAsync(), pair.Other.StartAsync());
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Other is not null)
        {
            await Other.DisposeAsync();
        }

        if (One is not null)
        {
            await One.DisposeAsync();
        }

        await Database.DisposeAsync();
    }
}
