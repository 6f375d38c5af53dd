using System.Net;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestSupport;

namespace Mandos.EndToEnd.Tests;

/// <summary>Debian's own client gets its password from our server.</summary>
public sealed class FetchTests(ClientKeys keys)
{
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
}
