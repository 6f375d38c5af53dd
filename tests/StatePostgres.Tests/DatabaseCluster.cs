using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>A PostgreSQL with a standby that it waits for, and databases for Mandos servers on it.</summary>
public sealed class DatabaseCluster : IAsyncLifetime
{
    /// <summary>The name of the standby.</summary>
    public const string Standbys = "standby1";

    private readonly TemporaryDirectory _directories = new();

    /// <summary>The primary at first.</summary>
    public PostgresServer Primary { get; private set; } = null!;

    /// <summary>Its standby.</summary>
    public PostgresServer Standby { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Primary = await PostgresServer.StartAsync();
        await MandosDatabase.PrepareAsync(Primary);
        Standby = await Primary.AddStandbyAsync(Standbys);
        await Primary.SetAsync("synchronous_standby_names", Standbys);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directories.Dispose();
    }

    /// <summary>Begins again with a new primary and standby.</summary>
    public async Task RenewAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    /// <summary>Empties the tables.</summary>
    public Task<string> EmptyAsync() => Primary.QueryAsync(
        """
        TRUNCATE mandos.client, mandos.liveness, mandos.command, mandos.server, mandos.file_settings, mandos.request;
        UPDATE mandos.meta SET revision = 0
        """,
        MandosDatabase.Name);

    /// <summary>The settings of a server that knows both.</summary>
    public Dictionary<string, string> Settings() => new()
    {
        ["hosts"] = $"{Primary.SocketDirectory}, {Standby.SocketDirectory}",
    };

    /// <summary>A server that knows both, without a second standby for which the first could wait as the primary.</summary>
    public Dictionary<string, string> LenientSettings() => new(Settings()) { ["require_synchronous"] = "false" };

    /// <summary>A directory for what one server keeps.</summary>
    public string AddDirectory()
    {
        string path = _directories.PathOf(Guid.NewGuid().ToString());
        Directory.CreateDirectory(path);
        return path;
    }

    private async Task StopAsync()
    {
        await Standby.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
