using System.Diagnostics;
using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>A program calls for all clients again and again, and does not read a single answer: that is its own loss.</summary>
public sealed class UnreadAnswersTests
{
    private const int MostMegabytes = 120;

    private const string Script = """
        import dbus.bus, dbus.lowlevel, sys
        bus = dbus.bus.BusConnection(sys.argv[1])
        for _ in range(100):
            bus.send_message(dbus.lowlevel.MethodCallMessage(
                "se.recompile.Mandos", "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"))
        bus.flush()
        print("called", flush=True)
        sys.stdin.read()
        """;

    [Fact]
    public async Task Caller_DoesNotReadAnswersFromDaemon_OthersAreAnsweredAndMemoryIsBounded()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await CallAsync(bus, 10_000);
    }

    [Fact]
    public async Task Caller_DoesNotReadAnswersFromBroker_OthersAreAnsweredAndMemoryIsBounded()
    {
        await using var bus = await DBusDaemon.StartBrokerAsync();
        // An answer for more clients is larger than what this bus keeps, and it shares out by user.
        await CallAsync(bus, 2000, "setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups");
    }

    private static async Task CallAsync(DBusDaemon bus, int clients, params string[] wrapper)
    {
        await using var server = new TestServer("--debug") { Bus = bus };
        server.AddClient("[DEFAULT]\ninterval = P1D\ntimeout = P2D\nsecret = c2VjcmV0\n" + string.Concat(
            Enumerable.Range(0, clients).Select(i => string.Create(CultureInfo.InvariantCulture, $"[client{i}]\nkey_id = {i:X64}\n"))));
        await server.StartAsync();
        // A program that is on the bus earlier hears of all clients, which is more than a dbus-broker keeps for a slow program.
        await server.Log.WaitForAsync("INFO", $"On the D-Bus as se.recompile.Mandos, with {clients} clients");
        await using var peer = await BusPeer.ConnectAsync(bus);
        await peer.WaitForServerAsync(server);
        string owner = await OwnerAsync(peer);
        Assert.Equal("'client1'", await peer.GetAsync("/clients/client1", "Name"));
        long before = Peak(server);

        string[] command = [.. wrapper, "/usr/bin/python3", "-c", Script, bus.Address];
        using var reader = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("called", await reader.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal("'client1'", await peer.GetAsync("/clients/client1", "Name"));
                Assert.Null((await peer.SetAsync("/clients/client1", "Host", $"'host{i}'")).Error);
            }

            Assert.False(reader.HasExited);
            Assert.Equal(owner, await OwnerAsync(peer));
            Assert.InRange((Peak(server) - before) >> 10, 0, MostMegabytes);
            Assert.Equal(0, server.Log.Count("ERROR", "D-Bus"));
        }
        finally
        {
            reader.Kill();
            await reader.WaitForExitAsync(CancellationToken.None);
        }

        Assert.Equal("'host99'", await peer.GetAsync("/clients/client1", "Host"));
    }

    /// <summary>The most memory that the server has had, in KiB.</summary>
    private static long Peak(TestServer server) => long.Parse(
        File.ReadLines($"/proc/{server.ProcessId}/status").Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1],
        CultureInfo.InvariantCulture);

    private static async Task<string> OwnerAsync(BusPeer peer)
        => (await peer.CallAsync("/org/freedesktop/DBus", BusPeer.Bus, "GetNameOwner", $"('{BusPeer.Server}',)", BusPeer.Bus)).Body;
}
