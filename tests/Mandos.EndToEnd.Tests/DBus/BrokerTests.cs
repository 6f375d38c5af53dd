using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>On dbus-broker, the other implementation of a bus, all is as on dbus-daemon.</summary>
public sealed class BrokerTests
{
    private const string Foo = "/clients/foo";

    private const int OtherUser = 12345;

    /// <summary>With <see cref="HostLength"/> signals of some 40 MB: more than the bus keeps for all connections of a user.</summary>
    private const int Changes = 200;
    private const int HostLength = 64 << 10;

    [Fact]
    public async Task Server_OnBroker_IsServedToProgramsOfEitherKind()
    {
        var client = new TestClient("foo");
        await using var scene = await ServerOnBus.StartOnBrokerAsync(client.StanzaWith("interval = P10D"));
        var own = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

        Assert.Equal("'foo'", await scene.Peer.GetAsync(Foo, "Name"));
        Assert.Equal(await OwnerAsync(scene, BusPeer.Server), await OwnerAsync(scene, BusPeer.OldServer));
        Assert.Contains("foo", await scene.RequireAsync("mandos-ctl"), StringComparison.Ordinal);
        Assert.Equal(await scene.RequireAsync("mandos-ctl"), await scene.RequireAsync(own));
        foreach (var program in new[] { "mandos-ctl", own })
        {
            await client.RequireSecretAsync(scene.Server);
            await scene.RequireAsync(program, "--disable", "foo");
            Assert.Equal("false", await scene.Peer.GetAsync(Foo, "Enabled"));
            await client.RequireRefusalAsync(scene.Server);
            await scene.RequireAsync(program, "--enable", "foo");
        }
    }

    // Of another user than the rest: dbus-broker counts what it keeps by the receiver's user.
    [Fact]
    public async Task Reader_ThatIsStopped_IsThrownOutAndNobodyElse()
    {
        await using var scene = await ServerOnBus.StartOnBrokerAsync(new TestClient("foo").StanzaWith("interval = P10D"));
        var names = await CountNamesAsync(scene);
        await using var reader = await BusPeer.ConnectAsync(scene.Bus, OtherUser);
        var server = await OwnerAsync(scene, BusPeer.Server);
        Assert.Equal(names + 1, await CountNamesAsync(scene));
        await SendAsync("STOP", reader);

        for (var change = 0; change < Changes; change++)
        {
            var reply = await scene.Peer.SetAsync(Foo, "Host", $"'{new string((char)('a' + (change % 2)), HostLength)}'");
            Assert.Null(reply.Error);
        }

        Assert.Equal(server, await OwnerAsync(scene, BusPeer.Server));
        Assert.Equal("'foo'", await scene.Peer.GetAsync(Foo, "Name"));
        Assert.Contains("foo", await scene.RequireAsync("mandos-ctl"), StringComparison.Ordinal);
        // Messages that the bus had for it by then still come; but it would stay, if the bus had not thrown it out.
        await SendAsync("CONT", reader);
        await Patience.UntilAsync("the bus has thrown the reader out", async () => await CountNamesAsync(scene) == names);
        Assert.Equal(server, await OwnerAsync(scene, BusPeer.Server));
    }

    private static async Task SendAsync(string signal, BusPeer peer)
        => await Command.RequireAsync("/bin/sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {peer.ProcessId}"));

    private static async Task<string> OwnerAsync(ServerOnBus scene, string name)
        => await AskAsync(scene, "GetNameOwner", $"('{name}',)");

    /// <summary>How many connections the bus has.</summary>
    private static async Task<int> CountNamesAsync(ServerOnBus scene)
        => (await AskAsync(scene, "ListNames", "()")).Split("':").Length - 1;

    private static async Task<string> AskAsync(ServerOnBus scene, string member, string arguments)
    {
        var reply = await scene.Peer.CallAsync("/org/freedesktop/DBus", BusPeer.Bus, member, arguments, BusPeer.Bus);
        Assert.Null(reply.Error);
        return reply.Body;
    }
}
