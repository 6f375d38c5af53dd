using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;
using Mandos.TestKit.Daemons;

namespace CheckerSsh.Tests;

/// <summary>OpenSSH's server.</summary>
public sealed class SshServerTests
{
    // The host is asked for these in the same order.
    private static readonly string[] _keys = ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-3072"];

    public static TheoryData<string> Keys => [.. _keys];

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task RunAsync_KeyInFull_IsUp(string key)
    {
        await using SshServer server = await SshServer.StartAsync(key);

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(server.PublicKey(key), server.Port));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task RunAsync_Fingerprint_IsUp(string key)
    {
        await using SshServer server = await SshServer.StartAsync(key);

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(await server.FingerprintAsync(key), server.Port));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task RunAsync_OneOfManyKeys_IsTheOneAskedFor(string key)
    {
        await using SshServer server = await SshServer.StartAsync(_keys);

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(server.PublicKey(key), server.Port));
        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(await server.FingerprintAsync(key), server.Port));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task RunAsync_OtherKeyOfThatType_IsDown(string key)
    {
        await using SshServer server = await SshServer.StartAsync(key);
        string[] old = [server.PublicKey(key), await server.FingerprintAsync(key)];
        await server.RestartAsync(key);

        foreach (string pinned in old)
        {
            Checks.Down(await Checks.RunAsync(pinned, server.Port), "presents another");
        }
    }

    [Fact]
    public async Task RunAsync_NoKeyOfThatType_IsDown()
    {
        await using SshServer other = await SshServer.StartAsync("rsa-2048");
        await using SshServer server = await SshServer.StartAsync("ed25519");

        Checks.Down(await Checks.RunAsync(other.PublicKey("rsa-2048"), server.Port), "it has no key of type ssh-rsa");
    }

    [Fact]
    public async Task RunAsync_OneOfThePinnedKeysWasReplaced_IsUpByTheOther()
    {
        await using SshServer server = await SshServer.StartAsync("ed25519", "rsa-2048");
        string pinned = $"{server.PublicKey("ed25519")}, {server.PublicKey("rsa-2048")}";
        string rsa = server.PublicKey("rsa-2048");
        await using SshServer mixed = await SshServer.StartAsync("ed25519");
        Checks.Down(await Checks.RunAsync(pinned, mixed.Port), "presents another ssh-ed25519 key");

        string newEd25519 = mixed.PublicKey("ed25519");
        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync($"{newEd25519}\n{rsa}", server.Port));
    }

    [Fact]
    public async Task RunAsync_MaxStartupsReached_SaysSoAndSucceedsWhenThereIsRoom()
    {
        await using SshServer server = await SshServer.StartAsync("ed25519");
        server.MaxStartups = 1;
        await server.RestartAsync("ed25519");
        using (var other = new System.Net.Sockets.TcpClient())
        {
            await other.ConnectAsync("127.0.0.1", server.Port, Checks.TestEnds);
            await other.GetStream().ReadExactlyAsync(new byte[4], Checks.TestEnds); // its version: it has its place

            Checks.Down(
                await Checks.RunAsync(server.PublicKey("ed25519"), server.Port, "PT3S"),
                "for now (MaxStartups"); // in other words since OpenSSH 9.8
        }

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(server.PublicKey("ed25519"), server.Port));
    }

    [Fact]
    public async Task RunAsync_Up_NobodyLoggedIn()
    {
        await using SshServer server = await SshServer.StartAsync("ed25519");

        Assert.True((await Checks.RunAsync(server.PublicKey("ed25519"), server.Port)).IsSuccess);

        // The last that it says of the connection.
        while (!server.Log.Any(line => line.Contains("Connection closed by 127.0.0.1", StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Checks.TestEnds);
        }

        await server.StopAsync();
        Assert.Contains(server.Log, line => line.Contains("expecting SSH2_MSG_NEWKEYS", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log, line => line.Contains("SSH2_MSG_NEWKEYS received", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log, line => line.Contains("userauth", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("[127.0.0.1]")]
    public async Task RunAsync_HostWrittenInAnotherWay_IsUp(string host)
    {
        await using SshServer server = await SshServer.StartAsync("ed25519");

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(server.PublicKey("ed25519"), server.Port, host: host));
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("::1%lo")]
    public async Task RunAsync_Ipv6_IsUp(string host)
    {
        FakeKey key = FakeKey.Create("ssh-ed25519");
        Assert.SkipUnless(FakeHost.HasIpv6, "the loopback interface has no IPv6 address");
        await using FakeHost server = new(new FakeSshServer(key).ServeAsync, System.Net.IPAddress.IPv6Loopback);

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(key.Pin, server.Port, host: host));
    }

    [Fact]
    public async Task RunAsync_200AtOnce_AllUp()
    {
        await using SshServer server = await SshServer.StartAsync("ed25519");

        CheckResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => Checks.RunAsync(server.PublicKey("ed25519"), server.Port)));

        Assert.All(results, result => Assert.Equal(CheckResult.Exited(0), result));
    }
}
