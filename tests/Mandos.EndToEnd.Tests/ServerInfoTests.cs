using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>What the server says of itself to control surfaces.</summary>
public sealed class ServerInfoTests
{
    [Fact]
    public async Task Info_OfRunningServer_ListsPlugins()
    {
        await using var server = await TestServer.StartSteeredAsync();

        ServerInfo info = await server.Control.GetInfoAsync(TestContext.Current.CancellationToken);

        Assert.Contains(info.Plugins, plugin => plugin is { Name: "StateSqlite", State: "Active", Version.Length: > 0 });
        Assert.Equal([server.EndPoint], info.EndPoints);
    }
}
