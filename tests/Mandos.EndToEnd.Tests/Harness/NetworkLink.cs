using System.Net;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>Two network namespaces with a cable between them: nothing outside sees them or is seen.</summary>
internal sealed class NetworkLink : IAsyncDisposable
{
    /// <summary>The name of the cable's end in either namespace.</summary>
    public const string Interface = "cable";

    private static int _count;

    private readonly string _name = $"mandos-test-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";

    private NetworkLink()
    {
    }

    public string ServerNamespace => $"{_name}-server";

    public string ClientNamespace => $"{_name}-client";

    /// <summary>The link-local address of the server's end, without a zone.</summary>
    public IPAddress ServerAddress { get; private set; } = IPAddress.IPv6None;

    /// <summary>Makes them; skips the test where that is not allowed.</summary>
    public static async Task<NetworkLink> CreateAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces needs root");
        var link = new NetworkLink();
        try
        {
            await link.SetUpAsync();
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lays a cable between the two.</summary>
    /// <param name="name">The name of its end in either namespace.</param>
    /// <returns>The link-local address of the server's end, without a zone.</returns>
    public async Task<IPAddress> AddCableAsync(string name)
    {
        await Command.RequireAsync("ip", "link", "add", name, "netns", ServerNamespace,
            "type", "veth", "peer", "name", name, "netns", ClientNamespace);
        await Command.RequireAsync("ip", "-n", ServerNamespace, "link", "set", name, "up");
        await Command.RequireAsync("ip", "-n", ClientNamespace, "link", "set", name, "up");
        await LinkLocalAddressAsync(ClientNamespace, name);
        return await LinkLocalAddressAsync(ServerNamespace, name);
    }

    /// <summary>Takes a cable away, with both its ends.</summary>
    /// <param name="name">The name of its ends.</param>
    public Task RemoveCableAsync(string name) => Command.RequireAsync("ip", "-n", ServerNamespace, "link", "delete", name);

    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync("ip", "netns", "delete", ServerNamespace);
        await Command.RunAsync("ip", "netns", "delete", ClientNamespace);
    }

    private async Task SetUpAsync()
    {
        foreach (var name in new[] { ServerNamespace, ClientNamespace })
        {
            await Command.RequireAsync("ip", "netns", "add", name);
            await Command.RequireAsync("ip", "-n", name, "link", "set", "lo", "up");
        }

        ServerAddress = await AddCableAsync(Interface);
    }

    // Waits until the kernel has made sure that nobody else has the address.
    private static async Task<IPAddress> LinkLocalAddressAsync(string networkNamespace, string name)
    {
        string[] fields;
        var start = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience.Limit, "the link got no address");
            var output = await Command.RequireAsync(
                "ip", "-n", networkNamespace, "-6", "-oneline", "address", "show", "dev", name, "scope", "link", "-tentative");
            fields = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        }
        while (fields.Length == 0);
        return IPAddress.Parse(fields[Array.IndexOf(fields, "inet6") + 1].Split('/')[0]);
    }
}
