using System.Threading.Channels;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.DBus;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Tests.Servers.DBus;

/// <summary>
/// Every user of the bus may send signals to a program that is on it. A program that believed them would show a client by another one's
/// name, and so have it approved.
/// </summary>
public sealed class SignalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_SignalsOfAStranger_AreNotHeard()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        using FakeServer fake = await FakeServer.StartAsync(bus, _ => { });
        using DBusConnection stranger = await FakeServer.ConnectAsync(bus);
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);
        ChannelReader<ServerSignal> heard = await WatchAsync(server);
        Assert.True(await server.IsServerThereAsync(Token));

        await TellAllAsync(stranger, "/clients/strangers");
        Broadcast(fake.Connection, "/clients/servers");

        Assert.Equal(new ServerSignal.GotSecret("/clients/servers"), await heard.ReadAsync(Token));
    }

    [Fact]
    public async Task Watch_AnotherServerTakesTheName_HearsThatOneAlone()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);
        ChannelReader<ServerSignal> heard = await WatchAsync(server);
        Assert.False(await server.IsServerThereAsync(Token));

        using FakeServer first = await FakeServer.StartAsync(bus, _ => { });
        Assert.Equal(new ServerSignal.OwnerChanged(true), await heard.ReadAsync(Token));
        Broadcast(first.Connection, "/clients/first");
        Assert.Equal(new ServerSignal.GotSecret("/clients/first"), await heard.ReadAsync(Token));
        await first.Connection.ReleaseNameAsync(ServerNames.Service);
        Assert.Equal(new ServerSignal.OwnerChanged(false), await heard.ReadAsync(Token));

        using FakeServer second = await FakeServer.StartAsync(bus, _ => { });
        Assert.Equal(new ServerSignal.OwnerChanged(true), await heard.ReadAsync(Token));
        await TellAllAsync(first.Connection, "/clients/first");
        Broadcast(second.Connection, "/clients/second");
        Assert.Equal(new ServerSignal.GotSecret("/clients/second"), await heard.ReadAsync(Token));
    }

    [Fact]
    public async Task Watch_ChangeOfAnotherType_IsLeftOut()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        using FakeServer fake = await FakeServer.StartAsync(bus, _ => { });
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);
        ChannelReader<ServerSignal> heard = await WatchAsync(server);
        Assert.True(await server.IsServerThereAsync(Token));

        Change(fake.Connection, "Enabled", "yes");
        Change(fake.Connection, "Enabled", true);

        var change = Assert.IsType<ServerSignal.PropertyChanged>(await heard.ReadAsync(Token));
        Assert.True((bool)change.Value);
    }

    private static async Task<ChannelReader<ServerSignal>> WatchAsync(BusServerConnection server)
    {
        var heard = Channel.CreateUnbounded<ServerSignal>();
        await server.WatchAsync(signal => heard.Writer.TryWrite(signal), Token);
        return heard.Reader;
    }

    /// <summary>Sends signals to each program on the bus, by its own name, and waits until the bus has them.</summary>
    private static async Task TellAllAsync(DBusConnection sender, string path)
    {
        foreach (string name in (await sender.ListServicesAsync()).Where(name => name.StartsWith(':')))
        {
            Assert.True(sender.TrySendMessage(ForgedOwner(sender, name)));
            Assert.True(sender.TrySendMessage(GotSecret(sender, path, name)));
        }

        await sender.ListServicesAsync();
    }

    private static void Broadcast(DBusConnection sender, string path) => Assert.True(sender.TrySendMessage(GotSecret(sender, path, null)));

    private static MessageBuffer GotSecret(DBusConnection sender, string path, string? destination)
    {
        MessageWriter writer = sender.GetMessageWriter();
        writer.WriteSignalHeader(destination, path, ServerNames.Client, "GotSecret", null);
        return writer.CreateMessage();
    }

    /// <summary>What the bus says when the sender gets the server's name.</summary>
    private static MessageBuffer ForgedOwner(DBusConnection sender, string destination)
    {
        MessageWriter writer = sender.GetMessageWriter();
        writer.WriteSignalHeader(destination, "/org/freedesktop/DBus", ServerNames.Bus, "NameOwnerChanged", "sss");
        writer.WriteString(ServerNames.Service);
        writer.WriteString("");
        writer.WriteString(sender.UniqueName!);
        return writer.CreateMessage();
    }

    private static void Change(DBusConnection sender, string property, VariantValue value)
    {
        MessageWriter writer = sender.GetMessageWriter();
        writer.WriteSignalHeader(null, "/clients/a", ServerNames.Properties, "PropertiesChanged", "sa{sv}as");
        writer.WriteString(ServerNames.Client);
        ArrayStart changes = writer.WriteDictionaryStart();
        writer.WriteDictionaryEntryStart();
        writer.WriteString(property);
        writer.WriteVariant(value);
        writer.WriteDictionaryEnd(changes);
        writer.WriteArray(Array.Empty<string>());
        Assert.True(sender.TrySendMessage(writer.CreateMessage()));
    }
}
