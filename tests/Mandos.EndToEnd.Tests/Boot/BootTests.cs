using System.Net;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Boot;

/// <summary>Debian's client boots as in the field: it knows nothing of the server, and finds it by Zeroconf.</summary>
public sealed class BootTests(ClientKeys keys)
{
    [Fact]
    public async Task Boot_ServerAnnounced_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);

        await keys.First.BootAsync(site.Link);

        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");
        await server.Log.WaitForAsync("INFO", "Client first: secret sent");
        await server.StopAsync();
    }

    [Fact]
    public async Task Boot_OnlySecondOfTwoServersKnowsClient_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer first = await site.StartServerAsync(keys.Second);
        await first.Log.WaitForAsync("INFO", "Announced as “Mandos”");
        TestServer second = await site.StartServerAsync(keys.First);
        await second.Log.WaitForAsync("INFO", "The service name “Mandos” is taken; trying “Mandos #2”");
        await second.Log.WaitForAsync("INFO", "Announced as “Mandos #2”");

        await site.Avahi.WaitForNamesAsync("Mandos", "Mandos #2");
        await keys.First.BootAsync(site.Link);

        await second.Log.WaitForAsync("INFO", "Client first: secret sent");

        // From then on each line bears the name in force.
        Assert.Contains($"Mandos (Mandos #2) [{second.ProcessId}]: INFO: Announced", string.Join('\n', second.Log.Lines),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Boot_OneOfTwoServersHangs_GetsPasswordFromTheOther()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer hung = await site.StartServerAsync(keys.First, ["watchdog = PT10S"], "--servicename", "Hung");
        await hung.Log.WaitForAsync("INFO", "Announced as “Hung”");
        await site.Avahi.WaitForNamesAsync("Hung");
        await hung.SignalAsync("STOP");

        // It has found the hung one, whose kernel accepts it, before there is another.
        Task boot = keys.First.BootAsync(site.Link);
        await hung.WaitForConnectionInKernelAsync();
        TestServer live = await site.StartServerAsync(keys.First, "--servicename", "Live");
        await live.Log.WaitForAsync("INFO", "Announced as “Live”");

        const int Killed = 128 + 9;
        Assert.Equal(Killed, await hung.WaitForEndAsync());
        await boot;
        await live.Log.WaitForAsync("INFO", "Client first: secret sent");
    }

    [Fact]
    public async Task Boot_ServerThatHoldsClientStops_GetsPasswordFromTheOther()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer stopping = await site.StartServerAsync(Held(keys.First), "--servicename", "Stopping");
        await stopping.Log.WaitForAsync("INFO", "Announced as “Stopping”");
        Task boot = keys.First.BootAsync(site.Link);
        await stopping.Log.WaitForAsync("INFO", "Client first: waits for approval");
        TestServer live = await site.StartServerAsync(keys.First, "--servicename", "Live");
        await live.Log.WaitForAsync("INFO", "Announced as “Live”");

        await stopping.StopAsync();

        await boot;
        await live.Log.WaitForAsync("INFO", "Client first: secret sent");
    }

    [Fact]
    public async Task Boot_ServerHasNoPlace_GetsPasswordFromTheOther()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer full = await site.StartServerAsync(Held(keys.Second), ["max_connections = 1"], "--servicename", "Full");
        await full.Log.WaitForAsync("INFO", "Announced as “Full”");
        Task held = keys.Second.BootAsync(site.Link);
        await full.Log.WaitForAsync("INFO", "Client second: waits for approval");

        // It has asked the full one before there is another.
        Task boot = keys.First.BootAsync(site.Link);
        await full.Log.WaitForAsync("WARNING", "none of which can give way");
        TestServer live = site.PrepareServer(keys.First, IPAddress.IPv6Any, "--servicename", "Live");
        live.AddClient(keys.Second.Stanza);
        await live.StartAsync();
        await boot;

        await live.Log.WaitForAsync("INFO", "Client first: secret sent");
        await full.StopAsync();
        await held;
    }

    [Fact]
    public async Task Boot_AvahiKilledAndStartedAgain_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        await site.Avahi.KillAsync();
        await server.Log.WaitForAsync("ERROR", "Avahi (avahi-daemon) is not on the D-Bus");
        site.Avahi.Restart();
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”", count: 2);

        await keys.First.BootAsync(site.Link);
    }

    [Fact]
    public async Task Boot_ServerStartedBeforeBusAndAvahi_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateWithoutAvahiAsync();
        await site.Bus.KillAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("ERROR", "Not announced");
        await site.Bus.RestartAsync();
        await server.Log.WaitForAsync("ERROR", "Avahi (avahi-daemon) is not on the D-Bus");
        await site.StartAvahiAsync();

        await keys.First.BootAsync(site.Link);
    }

    [Fact]
    public async Task Boot_InterfaceMadeAnewTwice_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First, "--interface", NetworkLink.Interface);
        for (int announced = 1; announced <= 3; announced++)
        {
            await server.Log.WaitForAsync("INFO", "Announced as “Mandos”", announced);
            await keys.First.BootAsync(site.Link);
            await site.Link.RemoveCableAsync(NetworkLink.Interface);
            await server.Log.WaitForAsync("WARNING", $"Interface {NetworkLink.Interface} is gone", announced);
            await site.Link.AddCableAsync(NetworkLink.Interface);
        }
    }

    // On this interface too Avahi asks then whether the name is free, and never gets done with it.
    [Fact]
    public async Task Boot_AnotherInterfaceVanishesWhileNameIsProbed_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateWithoutAvahiAsync();
        await site.Link.AddCableAsync("spare");
        await site.StartAvahiAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("DEBUG", "Avahi is told to announce the service");
        await site.Link.RemoveCableAsync("spare");

        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");
        await keys.First.BootAsync(site.Link);
    }

    [Fact]
    public async Task Boot_InterfaceComesAfterServer_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        await site.Link.RemoveCableAsync(NetworkLink.Interface);
        TestServer server = site.PrepareServer(keys.First, IPAddress.IPv6Any, "--interface", NetworkLink.Interface);
        await server.LaunchAsync();
        await server.Log.WaitForAsync("ERROR", $"there is no interface {NetworkLink.Interface}");
        await site.Link.AddCableAsync(NetworkLink.Interface);

        await keys.First.BootAsync(site.Link);
    }

    [Fact]
    public async Task Boot_BusKilledAndStartedAgain_GetsPassword()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        await site.Bus.KillAsync();
        await server.Log.WaitForAsync("ERROR", "Not announced");
        await site.Bus.RestartAsync();
        await site.Avahi.KillAsync(); // it ends with its bus, sooner or later
        site.Avahi.Restart();
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”", count: 2);

        await keys.First.BootAsync(site.Link);
    }

    private static StockClient Held(StockClient client) => client with { Stanza = client.StanzaWith("approval_delay = PT1H") };
}
