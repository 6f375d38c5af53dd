using System.Net.Sockets;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>A real server that shares its state with others, under a host name of its own, with a bus and a peer on that.</summary>
internal sealed class SharingServer : IAsyncDisposable
{
    /// <summary>What runs it: its host name, the file with its environment, and the command.</summary>
    private const string Surroundings = """
        hostname "$0"
        . "$1"
        shift
        exec "$@"
        """;

    private readonly TemporaryDirectory _directory;
    private readonly SharingPlace _place;

    private SharingServer(string name, SharingPlace place, TemporaryDirectory directory, DBusDaemon bus, TestServer server)
        => (Name, _place, _directory, Bus, Server) = (name, place, directory, bus, server);

    /// <summary>Its host name, by which the others know it.</summary>
    public string Name { get; }

    public DBusDaemon Bus { get; }

    public TestServer Server { get; }

    /// <summary>Calls it by D-Bus, once it was started.</summary>
    public BusPeer Peer { get; private set; } = null!;

    /// <summary>By how many seconds its clock is ahead of the machine's from its next start on.</summary>
    public int ClockAhead { get; set; }

    private string Environment => _directory.PathOf("environment");

    /// <summary>Prepares one that is not started yet; skips the test where it may have no host name of its own.</summary>
    /// <param name="name">Its host name.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="stanzas">Its clients.</param>
    public static async Task<SharingServer> PrepareAsync(string name, SharingPlace place, params IEnumerable<string> stanzas)
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "a host name of its own needs root");
        var directory = new TemporaryDirectory();
        DBusDaemon bus = await DBusDaemon.StartAsync();
        string[] family = place.Address.AddressFamily == AddressFamily.InterNetwork ? ["--no-ipv6"] : [];
        var server = new TestServer([.. place.Arguments, .. family])
        {
            Bus = bus,
            Log = new(most: 5000),
            EndPoint = new(place.Address, FreePort.Find()),
            NetworkNamespace = place.Namespace,
            Wrapper = ["unshare", "--uts", "sh", "-ec", Surroundings, name, directory.PathOf("environment")],
        };
        string root = place.RootCertificate is null ? "" : $"      root_certificate: {place.RootCertificate}\n";
        await File.WriteAllTextAsync(
            Path.Combine(server.ConfigDirectory, "plugins.yaml"),
            $"store: postgres\nplugins:\n  StatePostgres:\n    settings:\n      hosts: {place.Hosts}\n{root}",
            TestContext.Current.CancellationToken);
        server.AddClient(string.Join('\n', stanzas));
        return new(name, place, directory, bus, server);
    }

    /// <summary>Starts it, again too, and waits until it is on the bus.</summary>
    public async Task StartAsync()
    {
        // Without that fix libfaketime lets sleeps end at once.
        string credentials = _place.Credentials is null ? "" : $"export CREDENTIALS_DIRECTORY={_place.Credentials}\n";
        string clock = ClockAhead == 0 ? ""
            : $"export LD_PRELOAD={Command.PeerLibraries}/faketime/libfaketime.so.1 FAKETIME={ClockAhead:+0;-0}s FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0\n";
        await File.WriteAllTextAsync(Environment, credentials + clock, TestContext.Current.CancellationToken);
        Peer ??= await BusPeer.ConnectAsync(Bus);
        await Server.StartAsync();
        await Peer.WaitForServerAsync(Server);
    }

    /// <summary>Calls a method of a client, as mandos-ctl does.</summary>
    public Task<BusReply> CallAsync(string client, string method, string arguments = "()")
        => Peer.CallAsync($"/clients/{client}", BusPeer.ClientInterface, method, arguments);

    /// <summary>Calls a method of a client, which must succeed.</summary>
    public Task<string> RequireAsync(string client, string method, string arguments = "()")
        => Peer.RequireAsync($"/clients/{client}", BusPeer.ClientInterface, method, arguments);

    /// <summary>Has a client get its secret.</summary>
    public async Task RequireSecretAsync(TestClient client) => TestClient.Require(await FetchAsync(client), client.Secret);

    /// <summary>Has a client get nothing but an orderly end.</summary>
    public async Task RequireRefusalAsync(TestClient client) => TestClient.Require(await FetchAsync(client), []);

    public async ValueTask DisposeAsync()
    {
        if (Peer is not null)
        {
            await Peer.DisposeAsync();
        }

        await Server.DisposeAsync();
        await Bus.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Has a client ask until it is not turned away, as mandos-client does: the server may have no permission yet, or on a busy machine none for a moment.</summary>
    private async Task<PeerOutcome> FetchAsync(TestClient client)
    {
        PeerOutcome? outcome = null;
        await Patience.UntilAsync("the client is not turned away", async () =>
        {
            try
            {
                outcome = await client.FetchAsync(Server);
                return outcome.Ending != PeerEnding.ClosedInHandshake;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                return false; // closed at once
            }
        });
        return outcome!;
    }
}
