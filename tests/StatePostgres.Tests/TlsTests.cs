using System.Security.Cryptography.X509Certificates;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>Over the network: the host shows who it is, and the server by its password.</summary>
public sealed class TlsTests(TlsTests.TlsPostgres shared) : IClassFixture<TlsTests.TlsPostgres>
{
    private const string Password = "correct horse; Host=elsewhere";
    private const string NotVerified = "its certificate is for another name, leads to none of root_certificate, or is not valid now";
    private const string WrongPassword = "battery staple";
    private const string Credentials = "CREDENTIALS_DIRECTORY";

    private readonly TemporaryDirectory _directory = shared.Files;
    private readonly PostgresServer _postgres = shared.Server;

    [Fact]
    public async Task Join_RightCertificateAndPassword_Succeeds()
    {
        await using StoreServer server = await StoreServer.JoinAsync(Settings("localhost", "root.pem"), shared.AddDirectory());
        await server.SyncAsync();
        await server.CommitAsync("x", enabled: true);
        Assert.Equal("t", await _postgres.QueryAsync(
            "SELECT bool_and(ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'mandos'"));
    }

    [Theory]
    [InlineData("localhost", "other.pem", null, NotVerified)]
    [InlineData("localhost", null, null, NotVerified)]
    [InlineData("127.0.0.1", "root.pem", null, NotVerified)]
    [InlineData("localhost", "root.pem", "wrong", "password authentication failed for user \"_mandos\" (28P01)")]
    [InlineData("localhost", "damaged.pem", null, "at localhost")]
    public async Task Join_WrongCertificateOrPassword_SaysSoAndNoSecret(string host, string? root, string? credential, string reason)
    {
        Dictionary<string, string> settings = Settings(host, root);
        if (credential is not null)
        {
            settings["password_credential"] = credential;
        }

        await using var server = new StoreServer(settings, shared.AddDirectory());

        string message = await StoreServer.FailAsync(server.JoinAsync);

        Assert.True(message.Contains(reason, StringComparison.Ordinal), message);
        Assert.DoesNotContain(server.Logged.Append(message), line => line.Contains("horse", StringComparison.Ordinal) || line.Contains("staple", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Join_NoTlsAtTheHost_IsRefused()
    {
        await using PostgresServer plain = await PostgresServer.StartAsync("listen_addresses=127.0.0.1");
        await using var server = new StoreServer(
            new() { ["hosts"] = $"127.0.0.1:{plain.Port}" }, shared.AddDirectory());

        string message = await StoreServer.FailAsync(server.JoinAsync);

        Assert.Contains("SSL", message, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Settings(string host, string? root)
    {
        Dictionary<string, string> settings = new() { ["hosts"] = $"{host}:{_postgres.Port}" };
        if (root is not null)
        {
            settings["root_certificate"] = _directory.PathOf(root);
        }

        return settings;
    }

    /// <summary>The PostgreSQL of all these tests, with certificates and passwords in files.</summary>
    public sealed class TlsPostgres : IAsyncLifetime
    {
        private readonly string? _credentials = Environment.GetEnvironmentVariable(Credentials);

        public TemporaryDirectory Files { get; } = new();

        public PostgresServer Server { get; private set; } = null!;

        public string AddDirectory() => Directory.CreateDirectory(Files.PathOf(Guid.NewGuid().ToString())).FullName;

        public async ValueTask InitializeAsync()
        {
            using X509Certificate2 root = TestCertificates.MakeRoot();
            using X509Certificate2 otherRoot = TestCertificates.MakeRoot();
            (string certificate, string key) = TestCertificates.MakeLocalhost(root);
            Files.Write("root.pem", root.ExportCertificatePem());
            Files.Write("other.pem", otherRoot.ExportCertificatePem());
            Files.Write("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            Files.Write("mandos-postgres", Password + "\n");
            Files.Write("wrong", WrongPassword + "\n");
            Environment.SetEnvironmentVariable(Credentials, Files.FullName);
            Server = await PostgresServer.StartAsync(new PostgresNetwork(certificate, key));
            await MandosDatabase.PrepareAsync(Server);
            await Server.QueryAsync($"ALTER ROLE _mandos PASSWORD '{Password}'");
        }

        public async ValueTask DisposeAsync()
        {
            Environment.SetEnvironmentVariable(Credentials, _credentials);
            await Server.DisposeAsync();
            Files.Dispose();
        }
    }
}
