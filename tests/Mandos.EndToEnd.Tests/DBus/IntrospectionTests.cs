using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Our objects have what Debian's have: interfaces, members, arguments, annotations and children.</summary>
public sealed class IntrospectionTests
{
    [Fact]
    public async Task Introspect_OfEveryObject_SaysWhatDebiansSays()
    {
        string[] stanzas =
        [
            new TestClient("foo").StanzaWith("fingerprint = 7788998877889988778899887788998877889988"),
            new TestClient("bar.example-org").StanzaWith("fingerprint = 8788998877889988778899887788998877889988"),
        ];
        var starting = ServerOnBus.StartAsync(stock: true, stanzas);
        await using var ours = await ServerOnBus.StartAsync(stanzas);
        await using var stock = await starting;

        foreach (var path in new[] { "/", "/clients", "/clients/foo", "/clients/bar_example_org", "/none" })
        {
            Assert.Equal(await ReadAsync(stock, path), await ReadAsync(ours, path));
        }
    }

    // Without the interface that only ours has.
    private static async Task<IEnumerable<string>> ReadAsync(ServerOnBus scene, string path)
    {
        var reply = await scene.Peer.RequireAsync(path, "org.freedesktop.DBus.Introspectable", "Introspect");
        return Introspection.Facts(Introspection.Parse(reply))
            .Where(fact => !fact.Contains($"\"{BusPeer.ServerExtension}\"", StringComparison.Ordinal));
    }
}
