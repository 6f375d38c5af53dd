using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;
using Mandos.StateSqlite;
using Microsoft.Data.Sqlite;

namespace StateSqlite.Tests;

public sealed class SchemaTests : IDisposable
{
    private readonly SqliteConnection _connection = new("Data Source=:memory:");

    public SchemaTests() => _connection.Open();

    public void Dispose() => _connection.Dispose();

    [Fact]
    public void Migrate_OlderVersion_RunsTheMissingSteps()
    {
        Action<SqliteConnection> first = connection => connection.Execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        Action<SqliteConnection> second = connection => connection.Execute("ALTER TABLE t ADD COLUMN b DEFAULT 2");
        Action<SqliteConnection> third = connection => connection.Execute("UPDATE t SET b = b + 1");

        Assert.Equal(0, Schema.Migrate(_connection, [first]));
        Assert.Equal(1, Schema.Migrate(_connection, [first, second, third]));
        Assert.Equal(3, Schema.Migrate(_connection, [first, second, third]));

        Assert.Equal(3, _connection.Scalar("PRAGMA user_version"));
        Assert.Equal(3, _connection.Scalar("SELECT b FROM t"));
    }

    [Fact]
    public void Migrate_StepFails_VersionStays()
    {
        Schema.Migrate(_connection, [_ => { }]);
        _connection.Execute("BEGIN");

        Assert.Throws<SqliteException>(() => Schema.Migrate(
            _connection,
            [_ => { }, connection => connection.Execute("CREATE TABLE t (a)"), connection => connection.Execute("nonsense")]));

        _connection.Execute("ROLLBACK");
        Assert.Equal(1, _connection.Scalar("PRAGMA user_version"));
        Assert.Equal(0, _connection.Scalar("SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public void Migrate_NewerVersion_Throws()
    {
        _connection.Execute("PRAGMA user_version = 3");

        var exception = Assert.Throws<VersionException>(() => Schema.Migrate(_connection, [_ => { }]));

        Assert.Equal((3, 1), (exception.Found, exception.Known));
    }

    /// <summary>Files that released versions have written stay readable.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task Load_FileOfAVersion_GivesItsClients(int version)
    {
        using var directory = new StateDirectory();
        File.Copy(Path.Join(AppContext.BaseDirectory, "Data", $"version-{version}.db"), directory.Database);

        StoredClient[] clients = [SampleClients.Stored(1), SampleClients.Unusual(2), SampleClients.Removed(3), .. version < 4 ? [] : (StoredClient[])[SampleClients.Added(4)]];
        if (version < 2)
        {
            clients = [.. clients.Select(static client => client with { SavedAt = null, LeftAt = null, DeniedUntil = null })];
        }

        if (version < 6)
        {
            clients = [.. clients.Select(static client => client with
            {
                Proof = default,
                Client = client.Client is { } state ? state with { ExpectedReboot = null, RehearsalUntil = null, ProvenAt = null } : null,
            })];
        }

        if (version < 8)
        {
            clients = [.. clients.Select(static client => client with
            {
                TrialProof = default,
                Client = client.Client is { } state ? state with { Rotation = null } : null,
            })];
        }

        // A setting that it does not have yet
        ClientSetting[] missing = [.. Schema.AddedSettings.Where(added => added.Version > version).Select(added => added.Setting)];
        clients = [.. clients.Select(client => client with
        {
            FileSettings = Without(missing, client.FileSettings),
            Client = client.Client is { } state ? state with { Settings = Without(missing, state.Settings) } : null,
        })];

        Assert.True(StateDirectory.Same(clients, await directory.LoadAsync()));
        Assert.True(StateDirectory.Same(clients, await directory.LoadAsync())); // as it is after the migration
    }

    [Fact]
    public void Clients_EverySettingOfTheCatalogue_HasItsColumns() => Assert.All(
        ClientSetting.All,
        static setting => Assert.Equal(
            [ClientLayout.FilePrefix + setting.OptionName, setting.OptionName],
            Schema.Clients.Columns.Where(column => column == setting.OptionName || column == ClientLayout.FilePrefix + setting.OptionName)));

    private static ClientSettings Without(ClientSetting[] missing, ClientSettings settings)
        => missing.Aggregate(settings, static (result, setting) => setting.Copy(new ClientSettings(), result));
}
