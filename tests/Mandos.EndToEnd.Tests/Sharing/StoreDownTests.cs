using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Mandos.EndToEnd.Tests.Boot;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>A real server whose database cannot be used, at its start or later: one clear line, nobody gets anything, and it becomes whole by itself.</summary>
public sealed class StoreDownTests(StoreDownTests.SharedPostgres shared, ClientKeys keys) : IClassFixture<StoreDownTests.SharedPostgres>, IAsyncLifetime
{
    private const string NotVerified = "its certificate is for another name, leads to none of root_certificate, or is not valid now";

    private readonly PostgresServer _postgres = shared.Server;
    private readonly TestClient _client = new("client");

    public async ValueTask InitializeAsync()
    {
        await _postgres.QueryAsync($"GRANT CONNECT ON DATABASE {MandosDatabase.Name} TO PUBLIC");
        await _postgres.QueryAsync("DROP SCHEMA IF EXISTS mandos, other CASCADE", MandosDatabase.Name);
        await MandosDatabase.MigrateAsync(_postgres);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Start_DatabaseDown_ClosesConnectionsAtOnceAndServesWhenItIsUp()
    {
        await _postgres.KillAsync();
        using var systemd = new NotifySocket();
        await using TestServer server = await PrepareAsync(systemd.Variable);
        await server.StartAsync();

        await RequireClosedAsync(server);
        await server.Log.WaitForAsync("WARNING", "Starting without the shared store");
        Assert.Contains("READY=1\nSTATUS=Giving no secrets, but to clients whose when_cut_off is hold or serve: ", await systemd.WaitForAsync("READY=1"), StringComparison.Ordinal);

        await _postgres.RestartAsync();
        await RequireServedAsync(server);
        await systemd.WaitForAsync("STATUS=Serving 1 client on");
        AssertOneLine(server, $"Failed to connect to {_postgres.SocketDirectory}/.s.PGSQL.5432");
    }

    [Theory]
    [InlineData("UPDATE mandos.meta SET version = 3, oldest = 2", "UPDATE mandos.meta SET version = 1, oldest = 1", "its tables are of version 3, for servers from version 2 on")]
    [InlineData("REVOKE INSERT ON mandos.server FROM _mandos", "GRANT INSERT ON mandos.server TO _mandos", "permission denied for table server (42501)")]
    [InlineData("REVOKE CONNECT ON DATABASE mandos FROM PUBLIC", "GRANT CONNECT ON DATABASE mandos TO PUBLIC", "permission denied for database \"mandos\" (42501)")]
    [InlineData("ALTER SCHEMA mandos RENAME TO other", "ALTER SCHEMA other RENAME TO mandos", "it has no tables of Mandos: have its administrator run schema.sql")]
    public async Task Start_DatabaseNotAsItShouldBe_SaysSoOnceAndServesWhenItIsMended(string fault, string remedy, string reason)
    {
        await _postgres.QueryAsync(fault, MandosDatabase.Name);
        await using TestServer server = await PrepareAsync();
        await server.StartAsync();
        await server.Log.WaitForAsync("ERROR", reason);
        await RequireClosedAsync(server);

        await _postgres.QueryAsync(remedy, MandosDatabase.Name);
        await RequireServedAsync(server);
        AssertOneLine(server, reason);
    }

    [Fact]
    public async Task Start_DatabaseOfAnotherSite_SaysSoOnceAndServesWhenItIsMended()
    {
        string site = await _postgres.QueryAsync("SELECT site FROM mandos.meta", MandosDatabase.Name);
        await using TestServer server = await PrepareAsync();
        await server.StartAsync();
        await RequireServedAsync(server);
        await server.StopAsync();
        await _postgres.QueryAsync("UPDATE mandos.meta SET site = gen_random_uuid()", MandosDatabase.Name);

        await server.StartAsync();
        await server.Log.WaitForAsync("ERROR", "it is the database of another site than before");
        await RequireClosedAsync(server);

        await _postgres.QueryAsync($"UPDATE mandos.meta SET site = '{site}'", MandosDatabase.Name);
        await RequireServedAsync(server);
        AssertOneLine(server, "it is the database of another site than before");
    }

    [Fact]
    public async Task Start_CertificateOfAnotherAuthority_SaysSoOnceAndServesWhenItIsMended()
    {
        const string Password = "correct horse";
        using X509Certificate2 root = TestCertificates.MakeRoot();
        using X509Certificate2 other = TestCertificates.MakeRoot();
        (string certificate, string key) = TestCertificates.MakeLocalhost(root);
        await using PostgresServer postgres = await PostgresServer.StartAsync(new PostgresNetwork(certificate, key));
        await MandosDatabase.PrepareAsync(postgres);
        await postgres.QueryAsync($"ALTER ROLE {MandosDatabase.Server} PASSWORD '{Password}'");
        using var files = new TemporaryDirectory();
        files.Write("mandos-postgres", Password);
        string authority = files.Write("root.pem", other.ExportCertificatePem());
        await Command.RequireAsync("chmod", "-R", "a+rX", files.FullName);
        await using TestServer server = await PrepareAsync($"CREDENTIALS_DIRECTORY={files.FullName}");
        await WriteStoreAsync(server, $"localhost:{postgres.Port}\n      root_certificate: {authority}");
        await server.StartAsync();
        await server.Log.WaitForAsync("ERROR", NotVerified);
        await RequireClosedAsync(server);

        await File.WriteAllTextAsync(authority, root.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await RequireServedAsync(server);
        AssertOneLine(server, NotVerified);
        Assert.Equal(0, server.Log.Count("ERROR", Password));
    }

    [Fact]
    public async Task Start_ClientWasDisabledBeforeAndDatabaseIsDown_StaysDisabledThroughout()
    {
        await using TestServer server = await PrepareSteeredAsync(_client.StanzaWith("when_cut_off = serve"));
        await server.SteerAsync();
        await RequireServedAsync(server);
        await server.Control.DisableAsync(_client.Name, TestContext.Current.CancellationToken);
        await server.StopAsync();
        await _postgres.KillAsync();

        await server.SteerAsync();
        Assert.Empty(await FetchAsync(_client, server));

        await _postgres.RestartAsync();
        await server.Log.WaitForAsync("WARNING", "The shared store answers again");
        Assert.Empty(await FetchAsync(_client, server));
        Assert.False((await server.Control.GetClientAsync(_client.Name, TestContext.Current.CancellationToken))!.Enabled);
    }

    [Fact]
    public async Task Start_DatabaseNeedsTheClientInOrderToStart_TheClientIsServedFirst()
    {
        var other = new TestClient("other");
        await using TestServer server = await PrepareAsync();
        await File.WriteAllTextAsync(
            server.ClientsFile, $"{_client.StanzaWith("when_cut_off = serve")}\n{other.StanzaWith()}\n", TestContext.Current.CancellationToken);
        await server.StartAsync();
        await RequireServedAsync(server);
        await Patience.UntilAsync(
            "it is on disk that the client may be served", () => File.Exists(Path.Combine(server.StateDirectory, "last-known.json")));
        await server.KillAsync();
        await _postgres.KillAsync();

        await server.StartAsync();
        await RequireServedAsync(server);
        Assert.Empty(await FetchAsync(other, server));

        await _postgres.RestartAsync();
        await Patience.UntilAsync("the other client is served", async () => (await FetchAsync(other, server)).Length > 0);
    }

    [Fact]
    public async Task Run_DatabaseHangsForLong_ClosesConnectionsAtOnceUntilItGoesOn()
    {
        await using TestServer server = await PrepareAsync();
        await server.StartAsync();
        await RequireServedAsync(server);

        await _postgres.FreezeAsync();
        await server.Log.WaitForAsync("ERROR", "No secrets are given any more");
        await RequireClosedAsync(server);
        await RequireClosedAsync(server);

        await _postgres.ThawAsync();
        await RequireServedAsync(server);
    }

    [Fact]
    public async Task Run_DatabaseHangsForLong_AnnouncementIsWithdrawnUntilItGoesOn()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = site.PrepareServer(keys.First, System.Net.IPAddress.IPv6Any);
        await WriteStoreAsync(server);
        await server.StartAsync();
        await site.Avahi.WaitForNamesAsync("Mandos");

        await _postgres.FreezeAsync();
        await site.Avahi.WaitForNamesAsync();

        await _postgres.ThawAsync();
        await site.Avahi.WaitForNamesAsync("Mandos");
    }

    [Fact]
    public async Task Run_DiskOfTheDatabaseFull_SaysSoAndNothingIsLost()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small disk");
        await using PostgresServer postgres = await PostgresServer.StartOnSmallDiskAsync(64);
        await MandosDatabase.PrepareAsync(postgres);
        await using TestServer server = await PrepareSteeredAsync(_client.StanzaWith(), postgres.SocketDirectory);
        await server.SteerAsync();
        await RequireServedAsync(server);
        postgres.FillDisk();

        byte[] secret = [.. _client.Secret, .. new byte[1 << 18]];
        System.Security.Cryptography.RandomNumberGenerator.Fill(secret.AsSpan(_client.Secret.Length));
        await Assert.ThrowsAnyAsync<Exception>(() => server.Control.SetSecretAsync(_client.Name, secret, TestContext.Current.CancellationToken));
        await server.Log.WaitForAsync("ERROR", "No space left on device (53100)");

        postgres.MakeRoom();
        await Patience.UntilAsync(
            "the secret is in the database",
            async () => await postgres.QueryAsync("SELECT length(secret) > 200000 FROM mandos.client", MandosDatabase.Name) == "t");
        await Patience.UntilAsync("the new secret is given", async () => (await FetchAsync(_client, server)).SequenceEqual(secret));
    }

    private async Task<TestServer> PrepareAsync(params IEnumerable<string> variables)
    {
        var server = new TestServer("--foreground") { Wrapper = [.. variables.Any() ? (string[])["env", .. variables] : []] };
        server.AddClient(_client.StanzaWith());
        await WriteStoreAsync(server);
        return server;
    }

    private async Task<TestServer> PrepareSteeredAsync(string stanza, string? socketDirectory = null)
    {
        var server = new TestServer("--debug") { Steered = true };
        server.AddClient(stanza);
        await WriteStoreAsync(server, socketDirectory);
        return server;
    }

    private Task WriteStoreAsync(TestServer server, string? socketDirectory = null) => File.WriteAllTextAsync(
        Path.Combine(server.ConfigDirectory, "plugins.yaml"),
        $"store: postgres\nplugins:\n  StatePostgres:\n    settings:\n      hosts: {socketDirectory ?? _postgres.SocketDirectory}\n",
        TestContext.Current.CancellationToken);

    /// <summary>Sees that a connection is closed before it has said anything.</summary>
    private static async Task RequireClosedAsync(TestServer server)
    {
        using RawConnection connection = await RawConnection.OpenAsync(server);
        Assert.Empty(await connection.ReadToEndAsync());
    }

    private async Task RequireServedAsync(TestServer server)
        => await Patience.UntilAsync("the client gets its secret", async () => (await FetchAsync(_client, server)).Length > 0);

    /// <summary>Asks once for the secret.</summary>
    /// <returns>Nothing if there is none to be had.</returns>
    private static async Task<byte[]> FetchAsync(TestClient client, TestServer server)
    {
        try
        {
            return (await client.FetchAsync(server)).Secret;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return []; // closed at once
        }
    }

    private static void AssertOneLine(TestServer server, string reason)
        => Assert.True(server.Log.Count("ERROR", reason) == 1, $"“{reason}” is logged {server.Log.Count("ERROR", reason)} times");

    public sealed class SharedPostgres : IAsyncLifetime
    {
        public PostgresServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await PostgresServer.StartAsync();
            await MandosDatabase.PrepareAsync(Server);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
