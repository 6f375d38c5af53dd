using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>A peer that should get nothing gets nothing, is logged, and disturbs nobody: the next client is served.</summary>
public sealed class RefusalTests(ClientKeys keys)
{
    [Fact]
    public async Task Fetch_WithUnknownKey_IsRefusedAndLogged()
    {
        await using var server = await StartServerAsync();
        var stranger = new TestClient("stranger");

        await stranger.RequireRefusalAsync(server);

        await server.Log.WaitForAsync("INFO", $"Client not found for key ID {stranger.Key.KeyId}, from ::1");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Fetch_OfDisabledClient_IsRefusedAndLogged()
    {
        var disabled = new TestClient("disabled");
        await using var server = await StartServerAsync(disabled.StanzaWith("enabled = False"));

        await disabled.RequireRefusalAsync(server);

        await server.Log.WaitForAsync("WARNING", "Client disabled: refused its secret: Disabled");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Fetch_NotApprovedByDefaultAndWithoutDelay_IsRefusedAndLogged()
    {
        var unwanted = new TestClient("unwanted");
        await using var server = await StartServerAsync(unwanted.StanzaWith("approved_by_default = False"));

        await unwanted.RequireRefusalAsync(server);

        await server.Log.WaitForAsync("WARNING", "Client unwanted: refused its secret: ApprovalTimedOut");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Theory]
    [InlineData("2\r\n", "ERROR", "unknown protocol version")]
    [InlineData("GET / HTTP/1.1\r\n", "ERROR", "unknown protocol version")]
    [InlineData("\r\n", "ERROR", "unknown protocol version")]
    [InlineData("1\r\nand then no TLS at all\r\n", "WARNING", "TLS handshake failed")]
    public async Task Connection_WithWrongWords_IsClosedAndLogged(string words, string level, string text)
    {
        await using var server = await StartServerAsync();
        using var connection = await RawConnection.OpenAsync(server);

        await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(words));
        await connection.ReadToEndAsync();

        await server.Log.WaitForAsync(level, $"Connection from {connection.Name}: {text}");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Connection_WithEndlessFirstLine_IsClosedAndLogged()
    {
        await using var server = await StartServerAsync();
        using var connection = await RawConnection.OpenAsync(server);
        var garbage = new byte[64 * 1024];
        Array.Fill(garbage, (byte)'x');

        try
        {
            await connection.SendAsync(garbage);
        }
        catch (IOException)
        {
            // The server had had enough.
        }

        await connection.ReadToEndAsync();

        await server.Log.WaitForAsync("WARNING", $"Connection from {connection.Name}: the first line is longer than");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Connection_ThatStaysSilent_IsClosedAndLogged()
    {
        await using var server = await StartServerAsync();
        using var connection = await RawConnection.OpenAsync(server);

        // Others are served meanwhile.
        await keys.First.RequirePasswordAsync(server.EndPoint);
        Assert.Empty(await connection.ReadToEndAsync());

        await server.Log.WaitForAsync("WARNING", $"Connection from {connection.Name} ended: it did not send the protocol version in time");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Connection_ThatIsGoneAtOnce_DisturbsNobody()
    {
        await using var server = await StartServerAsync();
        for (var i = 0; i < 100; i++)
        {
            using var connection = await RawConnection.OpenAsync(server);
            connection.Stream.Socket.LingerState = new(enable: true, seconds: 0);
        }

        await keys.First.RequirePasswordAsync(server.EndPoint);
        await server.StopAsync();
        Assert.Equal(0, server.Log.Count("ERROR", ""));
    }

    [Fact]
    public async Task Fetch_WithX509Certificate_IsRefusedAndLogged()
    {
        await using var server = await StartServerAsync();
        using var connection = await RawConnection.OpenAsync(server);
        await connection.SendAsync("1\r\n"u8.ToArray());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=first", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var tls = new SslStream(connection.Stream);

        // Our server is TLS's client; it breaks the handshake off when it sees the certificate.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = SslProtocols.Tls13 },
                TestContext.Current.CancellationToken);

            // In TLS 1.3 a peer learns only by reading that it was refused.
            if (await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken) == 0)
            {
                throw new EndOfStreamException();
            }
        });

        await server.Log.WaitForAsync("WARNING", $"Connection from {connection.Name}: TLS handshake failed");
        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    private async Task<TestServer> StartServerAsync(params IEnumerable<string> stanzas)
    {
        var server = new TestServer("--debug");
        server.AddClient(keys.First.Stanza);
        foreach (var stanza in stanzas)
        {
            server.AddClient(stanza);
        }

        await server.StartAsync();
        return server;
    }
}
