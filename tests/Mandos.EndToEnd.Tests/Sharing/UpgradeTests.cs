using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>The tables of the next version also work for this one's servers; those of the version after that do not, and the servers say so.</summary>
public sealed class UpgradeTests : IAsyncLifetime
{
    /// <summary>What the next version's schema.sql may do to the tables of this one.</summary>
    private const string Additions =
        """
            IF found < 2 THEN
                ALTER TABLE mandos.client ADD COLUMN note text NOT NULL DEFAULT 'none';
                ALTER TABLE mandos.liveness ADD COLUMN place text;
                ALTER TABLE mandos.file_settings ADD COLUMN place text;
                ALTER TABLE mandos.server ADD COLUMN version integer;
                CREATE TABLE mandos.fresh (client text PRIMARY KEY);
            END IF;

        """;

    private readonly TemporaryDirectory _schemas = new();
    private readonly TestClient _client = new("client");
    private SharingPair _pair = null!;

    public async ValueTask InitializeAsync()
    {
        _pair = await SharingPair.StartAsync(_client.StanzaWith("checker = true"));
        await Task.WhenAll(_pair.One.RequireSecretAsync(_client), _pair.Other.RequireSecretAsync(_client));
    }

    public async ValueTask DisposeAsync()
    {
        if (_pair is not null)
        {
            await _pair.DisposeAsync();
        }

        _schemas.Dispose();
    }

    [Fact]
    public async Task Migrate_ToTheNextVersionWhileServersRun_TheyGoOnAndStartOnIt()
    {
        await MigrateAsync(version: 2, oldest: 1);

        await _pair.One.RequireAsync("client", "Disable");
        await _pair.Other.RequireRefusalAsync(_client);
        await _pair.One.Server.StopAsync();
        await _pair.One.StartAsync();
        await _pair.Other.RequireAsync("client", "Enable");
        await _pair.One.RequireSecretAsync(_client);
        await _pair.Other.RequireSecretAsync(_client);
        Assert.Equal("none", await _pair.Database.QueryAsync("SELECT note FROM mandos.client WHERE name = 'client'", MandosDatabase.Name));
    }

    [Fact]
    public async Task Migrate_ToTheVersionAfterThat_IsRefusedUntilItIsTakenBack()
    {
        await MigrateAsync(version: 3, oldest: 2);

        await _pair.One.Server.Log.WaitForAsync("ERROR", "its tables are of version 3, for servers from version 2 on, and this one has version 1: install a newer server");
        await _pair.One.Server.Log.WaitForAsync("ERROR", "No secrets are given any more");
        Assert.Empty((await _client.FetchAsync(_pair.One.Server)).Secret);

        await _pair.Database.QueryAsync("UPDATE mandos.meta SET version = 2, oldest = 1", MandosDatabase.Name);
        await _pair.One.Server.Log.WaitForAsync("WARNING", "The shared store answers again");
        await _pair.One.RequireSecretAsync(_client);
    }

    /// <summary>Runs the schema.sql that a later version may have: this one's, with additions, while the servers run.</summary>
    private async Task MigrateAsync(int version, int oldest)
    {
        string schema = (await File.ReadAllTextAsync(MandosDatabase.Schema, TestContext.Current.CancellationToken))
            .Replace("present CONSTANT integer := 1;", $"present CONSTANT integer := {version};", StringComparison.Ordinal)
            .Replace("usable_from CONSTANT integer := 1;", $"usable_from CONSTANT integer := {oldest};", StringComparison.Ordinal)
            .Replace("    IF found < present THEN\n", Additions + "    IF found < present THEN\n", StringComparison.Ordinal);
        await MandosDatabase.MigrateAsync(_pair.Database, schema: _schemas.Write("schema.sql", schema));
        Assert.Equal($"{version}|{oldest}", await _pair.Database.QueryAsync("SELECT version, oldest FROM mandos.meta", MandosDatabase.Name));
    }
}
