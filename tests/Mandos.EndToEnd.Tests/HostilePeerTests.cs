using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests;

/// <summary>Strangers who do their worst: each is refused with one line in the log, and the next client is served.</summary>
public sealed class HostilePeerTests
{
    /// <summary>More than the server may grow by, by far: one of the floods alone would be more if it were kept.</summary>
    private const int MaxGrowthKilobytes = 48 * 1024;

    private readonly TestClient _client = new("client");

    [Theory]
    [InlineData(null)]
    [InlineData("NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA")]
    public async Task Connection_OfHostilePeers_RefusedWithOneLineEach(string? priority)
    {
        await using var server = await StartAsync(priority is null ? [] : [$"priority = {priority}"]);
        await _client.RequireSecretAsync(server);
        var before = Resident(server);

        foreach (var peer in priority is null ? HostilePeer.OfTls13 : HostilePeer.OfTls12)
        {
            var lines = server.Log.Count("WARNING", "TLS handshake failed: ");
            using var connection = await RawConnection.OpenAsync(server);
            var name = connection.Name;
            await connection.SendAsync("1\r\n"u8.ToArray());
            try
            {
                await peer.Attack(connection.Stream, TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                // Cut off.
            }

            await connection.ReadToEndAsync();
            await Patience.UntilAsync(
                $"a line about {peer.Name}", () => server.Log.Count("WARNING", $"Connection from {name}: TLS handshake failed: ") == 1);
            Assert.Equal(lines + 1, server.Log.Count("WARNING", "TLS handshake failed: "));
        }

        await _client.RequireSecretAsync(server);
        Assert.InRange(Resident(server) - before, -MaxGrowthKilobytes, MaxGrowthKilobytes);
        Assert.Equal(0, server.Log.Count("ERROR", ""));
    }

    [Fact]
    public async Task Connection_ThatSendsAByteASecond_IsCutOffAtTheDeadline()
    {
        await using var server = await StartAsync();
        using var connection = await RawConnection.OpenAsync(server);
        await connection.SendAsync("1\r\n"u8.ToArray());
        byte[] record = [22, 3, 3, 0x40, 0, 2, 0, 0x3F, 0xFC, 3, 3, .. new byte[200]];
        using var end = new CancellationTokenSource();
        var dribble = Task.Run(async () =>
        {
            foreach (var value in record)
            {
                await connection.SendAsync(new[] { value });
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, end.Token);
            }
        }, TestContext.Current.CancellationToken);

        await connection.ReadToEndAsync();

        await server.Log.WaitForAsync("WARNING", $"Connection from {connection.Name} ended: ");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => dribble);
        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Connection_ThatSendsDataInsteadOfWaiting_IsDroppedUnread()
    {
        await using var server = await StartAsync();
        await _client.RequireSecretAsync(server);
        var before = Resident(server);
        using var connection = await RawConnection.OpenAsync(server);
        await connection.SendAsync("1\r\n"u8.ToArray());
        var peer = new RawKeyServer(new PeerOptions(new TestClient("stranger").Key));
        var serving = MandosPeer.ServeAsync(
            connection.Stream, peer, new Org.BouncyCastle.Tls.TlsServerProtocol(), TestContext.Current.CancellationToken);
        await Patience.UntilAsync("the handshake", () => peer.IsComplete);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var sent = 0; sent < 64; sent++)
            {
                await connection.SendAsync(new byte[1 << 20]);
            }
        });

        await serving;
        await _client.RequireSecretAsync(server);
        Assert.InRange(Resident(server) - before, -MaxGrowthKilobytes, MaxGrowthKilobytes);
    }

    private static int Resident(TestServer server)
        => int.Parse(ProcessFacts.Status(server.ProcessId, "VmRSS").Split(' ')[0], CultureInfo.InvariantCulture);

    private async Task<TestServer> StartAsync(params string[] settings)
    {
        var server = new TestServer("--debug");
        await server.ConfigureAsync(settings);
        server.AddClient(_client.StanzaWith("checker = true"));
        await server.StartAsync();
        return server;
    }
}
