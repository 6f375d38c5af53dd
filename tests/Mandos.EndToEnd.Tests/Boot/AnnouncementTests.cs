using System.Net;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Boot;

/// <summary>What is announced, as avahi-browse sees it.</summary>
public sealed class AnnouncementTests(ClientKeys keys)
{
    [Fact]
    public async Task Announcement_ByDefault_IsForIPv6WithoutText()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First);
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        AnnouncedService service = Assert.Single(await site.Avahi.BrowseAsync());

        Assert.Equal((NetworkLink.Interface, "IPv6", "Mandos", ""), (service.Interface, service.Protocol, service.Name, service.Text));
        await server.Log.WaitForAsync("INFO", $"Listening on address ::, port {service.Port}");
    }

    [Fact]
    public async Task Announcement_WithInterface_IsThereOnly()
    {
        const string OtherInterface = "spare";
        await using BootSite site = await BootSite.CreateWithoutAvahiAsync();
        await site.Link.AddCableAsync(OtherInterface);
        await site.StartAvahiAsync();
        await site.StartServerAsync(keys.First, "--servicename", "Everywhere");
        await site.StartServerAsync(keys.First, "--servicename", "Here", "--interface", NetworkLink.Interface);

        await site.Avahi.WaitForNamesAsync("Everywhere", "Here");

        IEnumerable<AnnouncedService> elsewhere = await site.Avahi.BrowseAsync();
        Assert.Equal(["Everywhere"], elsewhere.Where(service => service.Interface == OtherInterface).Select(service => service.Name));
    }

    [Fact]
    public async Task Announcement_WithoutIPv6_IsForIPv4()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First, IPAddress.Any, "--no-ipv6");
        await server.Log.WaitForAsync("INFO", "Announced as “Mandos”");

        // The link has no IPv4 address.
        AnnouncedService service = Assert.Single(await site.Avahi.BrowseAsync());

        Assert.Equal(("lo", "IPv4"), (service.Interface, service.Protocol));
    }

    [Fact]
    public async Task Announcement_AvahiWithoutIPv6_IsSaidToBeHidden()
    {
        await using BootSite site = await BootSite.CreateWithoutAvahiAsync();
        await site.StartAvahiAsync("use-ipv6=no");
        TestServer server = await site.StartServerAsync(keys.First);

        await server.Log.WaitForAsync("WARNING", "does not find it itself");
        Assert.Empty(await site.Avahi.BrowseAsync());
    }

    [Fact]
    public async Task Announcement_ServerEnds_IsWithdrawn()
    {
        await using BootSite site = await BootSite.CreateAsync();
        TestServer server = await site.StartServerAsync(keys.First, "--servicename", "The cellar");
        await server.Log.WaitForAsync("INFO", "Announced as “The cellar”");
        await site.Avahi.WaitForNamesAsync("The cellar");

        await server.StopAsync();

        await site.Avahi.WaitForNamesAsync();
        Assert.Equal(0, server.Log.Count("ERROR", ""));
    }
}
