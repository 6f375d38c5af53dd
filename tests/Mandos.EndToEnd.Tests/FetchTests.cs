using System.Net;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>Debian's own client gets its password from our server.</summary>
public sealed class FetchTests(ClientKeys keys)
{
    private const string Default = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";
    private const string Tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK";

    [Fact]
    public async Task Fetch_OverIPv6_GivesPassword()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(keys.First.Stanza);
        await server.StartAsync();

        await keys.First.RequirePasswordAsync(server.EndPoint);

        await server.Log.WaitForAsync("INFO", "Client first: secret sent");
        await server.StopAsync();
    }

    [Fact]
    public async Task Fetch_OverMappedIPv4_GivesPassword()
    {
        await using var server = new TestServer("--debug")
        {
            EndPoint = new(IPAddress.Loopback.MapToIPv6(), FreePort.Find()),
        };
        server.AddClient(keys.First.Stanza);
        await server.StartAsync();

        await keys.First.RequirePasswordAsync(new(IPAddress.Loopback, server.EndPoint.Port));
    }

    [Fact]
    public async Task Fetch_WithoutIPv6_GivesPassword()
    {
        await using var server = new TestServer("--debug", "--no-ipv6") { EndPoint = new(IPAddress.Loopback, FreePort.Find()) };
        server.AddClient(keys.First.Stanza);
        await server.StartAsync();

        await keys.First.RequirePasswordAsync(server.EndPoint);
    }

    [Fact]
    public async Task Fetch_OverLinkLocalAddress_GivesPassword()
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = new TestServer("--debug", "--interface", NetworkLink.Interface)
        {
            EndPoint = new(link.ServerAddress, FreePort.Find()),
            NetworkNamespace = link.ServerNamespace,
        };
        server.AddClient(keys.First.Stanza);
        await server.StartAsync();

        await keys.First.RequirePasswordAsync(server.EndPoint, NetworkLink.Interface, link.ClientNamespace);
    }

    [Fact]
    public async Task Fetch_TwoClientsAtOnce_GivesEachItsOwnPassword()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(keys.First.Stanza);
        server.AddClient(keys.Second.Stanza);
        await server.StartAsync();

        await Task.WhenAll(keys.First.RequirePasswordAsync(server.EndPoint), keys.Second.RequirePasswordAsync(server.EndPoint));
    }

    [Theory]
    [InlineData("--key-type=ed448")]
    [InlineData("--key-type=ecdsa", "--curve=secp256r1")]
    [InlineData("--key-type=ecdsa", "--curve=secp384r1")]
    [InlineData("--key-type=ecdsa", "--curve=secp521r1")]
    [InlineData("--key-type=rsa", "--bits=2048")]
    [InlineData("--key-type=rsa", "--bits=4096")]
    public async Task Fetch_WithOtherKindOfKey_GivesPassword(params string[] kind)
    {
        var client = await keys.MakeOtherKeyAsync(keys.First, kind);
        await using var server = new TestServer("--debug");
        server.AddClient(client.Stanza);
        await server.StartAsync();

        await client.RequirePasswordAsync(server.EndPoint);
    }

    /// <summary>Each suite and group that the default priority string allows, and older versions where another string does.</summary>
    [Theory]
    [InlineData(Default, Default, "TLS_AES_256_GCM_SHA384, x25519", "")]
    [InlineData(Default, Default, "TLS_CHACHA20_POLY1305_SHA256, x25519", ":-CIPHER-ALL:+CHACHA20-POLY1305")]
    [InlineData(Default, Default, "TLS_AES_128_GCM_SHA256, x25519", ":-CIPHER-ALL:+AES-128-GCM")]
    [InlineData(Default, Default, "TLS_AES_128_CCM_SHA256, x25519", ":-CIPHER-ALL:+AES-128-CCM")]
    [InlineData(Default, Default, "secp256r1", ":-GROUP-ALL:+GROUP-SECP256R1")]
    [InlineData(Default, Default, "secp384r1", ":-GROUP-ALL:+GROUP-SECP384R1")]
    [InlineData(Default, Default, "secp521r1", ":-GROUP-ALL:+GROUP-SECP521R1")]
    [InlineData(Default, Default, "x448", ":-GROUP-ALL:+GROUP-X448")]
    [InlineData($"{Default}:+GROUP-FFDHE2048", Default, "ffdhe2048", ":-GROUP-ALL:+GROUP-FFDHE2048")]
    [InlineData($"{Default}:+GROUP-FFDHE3072", Default, "ffdhe3072", ":-GROUP-ALL:+GROUP-FFDHE3072")]
    [InlineData(Tls12, Tls12, "TLS 1.2, TLS_ECDHE_ECDSA_AES_256_GCM_SHA384", "")]
    [InlineData(Tls12, Tls12, "TLS_ECDHE_ECDSA_AES_256_CBC_SHA1", ":-CIPHER-ALL:+AES-256-CBC")]
    [InlineData("NORMAL:+CTYPE-RAWPK", Tls12, "TLS 1.2, ", "")]
    [InlineData("NORMAL:+CTYPE-RAWPK", Default, "TLS 1.3, ", "")]
    public async Task Fetch_ClientInsists_GivesPasswordByIt(string ours, string clients, string agreed, string only)
    {
        await using var server = new TestServer("--debug");
        await server.ConfigureAsync($"priority = {ours}");
        server.AddClient(keys.First.Stanza);
        await server.StartAsync();

        await keys.First.RequirePasswordAsync(server.EndPoint, priority: clients + only);

        var line = Assert.Single(server.Log.Lines, line => line.Contains(": handshake done: ", StringComparison.Ordinal));
        Assert.Contains(agreed, line, StringComparison.Ordinal);
    }
}
