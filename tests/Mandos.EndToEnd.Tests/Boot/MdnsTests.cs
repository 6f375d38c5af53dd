using System.Net;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Boot;

/// <summary>A server that announces itself, on a machine without Avahi, as Avahi on another machine and Debian's client see it.</summary>
public sealed class MdnsTests(ClientKeys keys)
{
    [Fact]
    public async Task Announcement_WithoutAvahi_IsFoundAndWithdrawn()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");
        await site.Observer.WaitForNamesAsync("Mandos");

        AnnouncedService service = Assert.Single(await site.Observer.BrowseAsync());

        Assert.Equal(
            (NetworkLink.Interface, "IPv6", "Mandos", site.Link.ServerAddress.ToString()),
            (service.Interface, service.Protocol, service.Name, service.Address));
        await server.Log.WaitForAsync("INFO", $"Listening on address ::, port {service.Port}");

        await server.StopAsync();

        await site.Observer.WaitForNamesAsync();
        Assert.Equal(0, server.Log.Count("ERROR", ""));
    }

    [Fact]
    public async Task Boot_WithoutAvahi_GetsPassword()
    {
        await using MdnsSite site = await MdnsSite.CreateWithoutObserverAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        await keys.First.BootAsync(site.Link);

        await server.Log.WaitForAsync("INFO", "Client first: secret sent");
        await server.StopAsync();
    }

    [Fact]
    public async Task Announcement_ServerHasGlobalAddress_NamesThatAlone()
    {
        const string Global = "2001:db8:1::1";
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await Command.RequireAsync(
            "ip", "-n", site.Link.ServerNamespace, "address", "add", $"{Global}/64", "dev", NetworkLink.Interface, "nodad");
        await site.StartServerAsync(keys.First);
        await site.Observer.WaitForNamesAsync("Mandos");

        Assert.Equal(Global, Assert.Single(await site.Observer.BrowseAsync()).Address);
    }

    [Fact]
    public async Task Announcement_WithoutIPv6_IsForIPv4()
    {
        const string Address = "192.0.2.1";
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await Command.RequireAsync("ip", "-n", site.Link.ServerNamespace, "address", "add", $"{Address}/24", "dev", NetworkLink.Interface);
        await Command.RequireAsync("ip", "-n", site.Link.ClientNamespace, "address", "add", "192.0.2.2/24", "dev", NetworkLink.Interface);
        await site.StartServerAsync(keys.First, IPAddress.Any, "--no-ipv6");
        await site.Observer.WaitForNamesAsync("Mandos");

        AnnouncedService service = Assert.Single(await site.Observer.BrowseAsync());

        Assert.Equal(("IPv4", Address), (service.Protocol, service.Address));
    }

    [Fact]
    public async Task Announcement_WithInterface_IsThereOnly()
    {
        const string OtherInterface = "spare";
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await site.Link.AddCableAsync(OtherInterface);
        await site.StartServerAsync(keys.First, "--servicename", "Everywhere");
        await site.StartServerAsync(keys.First, "--servicename", "Here", "--interface", NetworkLink.Interface);

        await site.Observer.WaitForNamesAsync("Everywhere", "Here");

        IEnumerable<AnnouncedService> elsewhere = await site.Observer.BrowseAsync();
        Assert.Equal(["Everywhere"], elsewhere.Where(service => service.Interface == OtherInterface).Select(service => service.Name));
    }

    [Fact]
    public async Task Announcement_NamesTakenByAvahiAndAnother_AreThree()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await site.Site.StartAvahiAsync(); // on the servers' machine, where all share the port
        TestServer byAvahi = await site.Site.StartServerAsync(keys.First);
        await byAvahi.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        TestServer second = await site.StartServerAsync(keys.First);
        await second.Log.WaitForAsync("INFO", "The name “Mandos” is taken; trying “Mandos #2”");
        await second.Log.WaitForAsync("INFO", "Announced as “Mandos #2”");
        TestServer third = await site.StartServerAsync(keys.First);
        await third.Log.WaitForAsync("INFO", "Announced as “Mandos #3”");

        string[] names = ["Mandos", "Mandos #2", "Mandos #3"];
        await site.Observer.WaitForNamesAsync(names); // from another machine
        await site.Site.Avahi.WaitForNamesAsync(names); // and from the same

        // Whoever goes takes its own records along, and not those that another on the machine has too.
        await second.StopAsync();
        await site.Observer.WaitForNamesAsync("Mandos", "Mandos #3");
        await byAvahi.StopAsync();
        await site.Observer.WaitForNamesAsync("Mandos #3");
        await keys.First.BootAsync(site.Link);
        await third.Log.WaitForAsync("INFO", "Client first: secret sent");
    }

    [Fact]
    public async Task Announcement_TakenByAvahiOnAnotherMachine_IsRenamed()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await site.Site.StartAvahiAsync();
        TestServer server = await site.PrepareServerAsync(keys.First, IPAddress.IPv6Any);
        site.Observer.Publish("Mandos", 1);
        await site.Site.Avahi.WaitForNamesAsync("Mandos");

        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Announced as “Mandos #2”");
        await site.Observer.WaitForNamesAsync("Mandos", "Mandos #2");
    }

    [Fact]
    public async Task Announcement_TwoStartAtOnce_HaveTwoNames()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        TestServer one = await site.PrepareServerAsync(keys.First, IPAddress.IPv6Any);
        TestServer other = await site.PrepareServerAsync(keys.First, IPAddress.IPv6Any);

        await Task.WhenAll(one.StartAsync(), other.StartAsync());

        await site.Observer.WaitForNamesAsync("Mandos", "Mandos #2");
    }

    [Fact]
    public async Task Announcement_InterfaceMadeAnew_IsThereAgain()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await site.StartServerAsync(keys.First);
        await site.Observer.WaitForNamesAsync("Mandos");

        await site.Link.RemoveCableAsync(NetworkLink.Interface);
        await site.Observer.WaitForNamesAsync();
        string address = (await site.Link.AddCableAsync(NetworkLink.Interface)).ToString();

        await site.Observer.WaitForNamesAsync("Mandos");
        Assert.Equal(address, Assert.Single(await site.Observer.BrowseAsync()).Address);
        await keys.First.BootAsync(site.Link);
    }

    [Fact]
    public async Task Announcement_AddressesChangeAHundredTimes_HasTheLastOnly()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await site.Observer.WaitForNamesAsync("Mandos");

        // Each change makes two messages of the kernel, and removes the address that was announced.
        await Command.RequireAsync(
            "ip", "netns", "exec", site.Link.ServerNamespace, "sh", "-euc", $$"""
            for i in $(seq 100); do
                ip address add 2001:db8:1::$i/64 dev {{NetworkLink.Interface}} nodad
                [ $i = 1 ] || ip address del 2001:db8:1::$((i - 1))/64 dev {{NetworkLink.Interface}}
                [ $((i % 10)) != 0 ] || sleep 0.3
            done
            """);

        await Patience.UntilAsync("the last address is announced", async () =>
            (await site.Observer.BrowseAsync()).Select(service => service.Address).SequenceEqual(["2001:db8:1::100"]));
        Assert.Equal(["2001:db8:1::100"], await MdnsQuery.AskAsync(site.Link));
        Assert.Equal(1, server.Log.Count("INFO", "Announced as"));
    }

    [Fact]
    public async Task Announcement_LinkFlapsAHundredTimes_HasTheLastAddressOnly()
    {
        const int Rounds = 10;
        await using MdnsSite site = await MdnsSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await site.Observer.WaitForNamesAsync("Mandos");

        for (int round = 1; round <= Rounds; round++)
        {
            // With the link the kernel takes its addresses away; each time it gets another one.
            await Command.RequireAsync("ip", "netns", "exec", site.Link.ServerNamespace, "sh", "-euc", $$"""
                for i in $(seq 10); do
                    ip link set {{NetworkLink.Interface}} down
                    [ $((i % 5)) != 0 ] || sleep 0.3
                    ip link set {{NetworkLink.Interface}} up
                    ip address add 2001:db8:{{round}}::$i/64 dev {{NetworkLink.Interface}} nodad
                done
                """);

            string last = $"2001:db8:{round}::10";
            await Patience.UntilAsync($"{last} alone is announced", async () =>
                (await site.Observer.BrowseAsync()).Select(service => service.Address).SequenceEqual([IPAddress.Parse(last).ToString()]));
            Assert.Equal([last], await MdnsQuery.AskAsync(site.Link));
        }

        await keys.First.BootAsync(site.Link);
        Assert.Equal(1, server.Log.Count("INFO", "Announced as"));
    }

    [Fact]
    public async Task Boot_ClientHasLinkLocalAddressAndServerAnnouncesGlobalOne_GetsPassword()
    {
        const string Global = "2001:db8:1::1";
        await using MdnsSite site = await MdnsSite.CreateAsync();
        await Command.RequireAsync(
            "ip", "-n", site.Link.ServerNamespace, "address", "add", $"{Global}/64", "dev", NetworkLink.Interface, "nodad");
        TestServer server = await site.StartServerAsync(keys.First);
        await site.Observer.WaitForNamesAsync("Mandos");
        Assert.Equal(Global, Assert.Single(await site.Observer.BrowseAsync()).Address);

        await keys.First.BootAsync(site.Link);

        await server.Log.WaitForAsync("INFO", "Client first: secret sent");
    }

    [Fact]
    public async Task Announcement_OnlyWithoutAvahi_IsMadeUntilAvahiComes()
    {
        await using MdnsSite site = await MdnsSite.CreateAsync();
        TestServer server = site.Site.PrepareServer(keys.First, IPAddress.IPv6Any);
        await MdnsSite.WritePluginsAsync(server, "  MdnsAnnouncer:", "    settings:", "      only_without_avahi: true");
        await server.StartAsync();

        await server.Log.WaitForAsync("ERROR", "Avahi (avahi-daemon) is not on the D-Bus");
        await server.Log.WaitForAsync("WARNING", "announced by Multicast DNS without it");
        await site.Observer.WaitForNamesAsync("Mandos");

        await site.Site.StartAvahiAsync();
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”", count: 2);
        await site.Site.Avahi.WaitForNamesAsync("Mandos");
        Assert.All(await site.Observer.BrowseAsync(), service => Assert.Equal("Mandos", service.Name));
    }

    [Fact]
    public async Task Asked_DirectlyRatherThanTheGroup_IsSilent()
    {
        await using MdnsSite site = await MdnsSite.CreateWithoutObserverAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");
        string address = site.Link.ServerAddress.ToString();

        Assert.Equal([address], await MdnsQuery.AskAsync(site.Link));
        Assert.Null(await MdnsQuery.AskAsync(site.Link, address));
    }
}
