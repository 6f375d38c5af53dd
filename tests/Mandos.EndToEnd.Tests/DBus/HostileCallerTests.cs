using System.Net.Sockets;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Whatever a caller sends, it gets a clear answer, nothing changes, and the server lives on.</summary>
public sealed class HostileCallerTests
{
    private const string Foo = "/clients/foo";
    private const string Errors = "org.freedesktop.DBus.Error.";
    private const int MiB = 1 << 20;

    // A path, an interface, a member, arguments, and the error to come.
    private static readonly (string Path, string? Interface, string Member, string Arguments, string Error)[] _calls =
    [
        // Types.
        Set("Timeout", "'PT5M'", "InvalidArgs"),
        Set("Timeout", "@as []", "InvalidArgs"),
        Set("Timeout", "objectpath '/'", "InvalidArgs"),
        Set("Timeout", "{'a': 1}", "InvalidArgs"),
        Set("Timeout", "(1, 2)", "InvalidArgs"),
        Set("Host", "['a']", "InvalidArgs"),
        Set("Host", "{'a': 'b'}", "InvalidArgs"),
        Set("Secret", "'text'", "InvalidArgs"),
        Set("Secret", "['text']", "InvalidArgs"),
        Set("Secret", "uint64 5", "InvalidArgs"),
        Set("Secret", "[uint16 5]", "InvalidArgs"),
        (Foo, BusPeer.ClientInterface, "Approve", "('yes',)", "InvalidArgs"),
        (Foo, BusPeer.ClientInterface, "Approve", "([true],)", "InvalidArgs"),
        (Foo, BusPeer.ClientInterface, "Approve", "(<'yes'>,)", "InvalidArgs"),
        (Foo, BusPeer.Properties, "Get", "(1, 2)", "InvalidArgs"),
        (Foo, BusPeer.Properties, "Set", $"('{BusPeer.ClientInterface}', 'Timeout', uint64 5)", "InvalidArgs"),
        (Foo, BusPeer.Properties, "GetAll", "(true,)", "InvalidArgs"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "(5,)", "InvalidArgs"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "(['/clients/foo'],)", "InvalidArgs"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "('no path',)", "UnknownObject"),

        // Counts.
        (Foo, BusPeer.ClientInterface, "Approve", "()", "InvalidArgs"),
        (Foo, BusPeer.ClientInterface, "Approve", "(true, true)", "InvalidArgs"),
        (Foo, BusPeer.ClientInterface, "Disable", "('now',)", "InvalidArgs"),
        (Foo, BusPeer.Properties, "Get", $"('{BusPeer.ClientInterface}',)", "InvalidArgs"),
        (Foo, BusPeer.Properties, "GetAll", "()", "InvalidArgs"),
        ("/", BusPeer.ServerInterface, "GetAllClients", "(1,)", "InvalidArgs"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "()", "InvalidArgs"),

        // Ranges.
        Set("Timeout", "int64 -1", "InvalidArgs"),
        Set("Timeout", "uint64 18446744073709551615", "InvalidArgs"),
        Set("Timeout", "1e300", "InvalidArgs"),
        Set("Timeout", "-0.5", "InvalidArgs"),
        Set("ExtendedTimeout", "int16 -1", "InvalidArgs"),
        Set("Interval", "0", "InvalidArgs"),
        Set("Interval", "-5", "InvalidArgs"),
        Set("ApprovalDelay", "int64 -9223372036854775808", "InvalidArgs"),
        Set("ApprovalDuration", "-1", "InvalidArgs"),

        // Properties that do not exist, or cannot be read or written.
        Set("Nonsense", "5", "UnknownProperty"),
        Set("Name", "'x'", "PropertyReadOnly"),
        Set("Expires", "''", "PropertyReadOnly"),
        (Foo, BusPeer.Properties, "Get", $"('{BusPeer.ClientInterface}', 'Secret')", "AccessDenied"),
        (Foo, BusPeer.Properties, "Get", $"('{BusPeer.OldClientInterface}', 'Secret')", "AccessDenied"),
        (Foo, BusPeer.Properties, "Get", "('no.such', 'Timeout')", "UnknownInterface"),
        (Foo, BusPeer.ClientInterface, "Nonsense", "()", "UnknownMethod"),
        (Foo, "no.such", "Disable", "()", "UnknownMethod"),
        (Foo, BusPeer.ServerInterface, "Disable", "()", "UnknownMethod"),
        ("/clients", BusPeer.ClientInterface, "Disable", "()", "UnknownMethod"),
        ("/clients/nobody", BusPeer.ClientInterface, "Disable", "()", "UnknownObject"),
        ("/clients/foo/bar", BusPeer.ClientInterface, "Disable", "()", "UnknownObject"),
        ("/nonsense", BusPeer.ClientInterface, "Disable", "()", "UnknownObject"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "(objectpath '/clients/nobody',)", "UnknownObject"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "(objectpath '/',)", "UnknownObject"),
        ("/", BusPeer.ServerInterface, "RemoveClient", "(objectpath '/clients',)", "UnknownObject"),

        // Sizes.
        Set("Host", $"'{new string('x', MiB)}'", "InvalidArgs"),
        Set("Checker", $"'{new string('x', MiB)}'", "InvalidArgs"),
        Set(new string('x', MiB), "5", "UnknownProperty"),
        (Foo, BusPeer.Properties, "Get", $"('{new string('x', MiB)}', 'Timeout')", "UnknownInterface"),
        ("/", BusPeer.ServerInterface, "RemoveClient", $"(objectpath '/clients/{new string('x', MiB)}',)", "UnknownObject"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_ThatMakesNoSense_IsRefusedAndChangesNothing()
    {
        var client = new TestClient("foo");
        await using var scene = await ServerOnBus.StartAsync(client.StanzaWith("interval = P10D"));
        var before = await scene.Peer.RequireAsync("/", null, "GetManagedObjects");
        List<string> problems = [];

        foreach (var (path, face, member, arguments, error) in _calls)
        {
            var reply = await scene.Peer.CallAsync(path, face, member, arguments);
            if (reply.Error != Errors + error || !IsClear(reply.Body) || reply.Signals.Count > 0)
            {
                problems.Add($"{Shorten($"{path} {face}.{member}{arguments}")} needs {error}, got {Shorten(reply.ToString())}"
                    + $" and {reply.Signals.Count} signals");
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
        Assert.Equal(before, await scene.Peer.RequireAsync("/", null, "GetManagedObjects"));
        await client.RequireSecretAsync(scene.Server);
    }

    [Fact]
    public async Task SetSecret_Of64MiB_IsRefusedAndKeepsTheOldOne()
    {
        var client = new TestClient("foo");
        await using var scene = await ServerOnBus.StartAsync(client.StanzaWith("interval = P10D"));

        var reply = await scene.Peer.CallAsync(
            Foo, BusPeer.Properties, "Set", $"('{BusPeer.ClientInterface}', 'Secret')", size: 64 * MiB);

        Assert.Equal($"{Errors}InvalidArgs", reply.Error);
        Assert.True(IsClear(reply.Body), reply.Body);
        Assert.Empty(reply.Signals);
        await client.RequireSecretAsync(scene.Server);
    }

    [Theory]
    [InlineData("with spaces", "/clients/with_20spaces")]
    [InlineData("umläut", "/clients/uml_c3_a4ut")]
    [InlineData("a/b", "/clients/a_2fb")]
    [InlineData("dots.and-dashes", "/clients/dots_and_dashes")]
    [InlineData("under_score", "/clients/under_score")]
    public async Task Name_OfClient_IsEscapedInItsPath(string name, string path)
    {
        var client = new TestClient(name);
        await using var scene = await ServerOnBus.StartAsync(client.StanzaWith("interval = P10D"));

        Assert.Equal($"([objectpath '{path}'])", await scene.Peer.RequireAsync("/", BusPeer.ServerInterface, "GetAllClients"));
        Assert.Equal($"'{name}'", await scene.Peer.GetAsync(path, "Name"));
        await scene.RequireAsync("mandos-ctl", "--disable", name);
        Assert.Equal("false", await scene.Peer.GetAsync(path, "Enabled"));
        await client.RequireRefusalAsync(scene.Server);
    }

    [Fact]
    public async Task Names_WithSamePath_GetOneEach()
    {
        await using var scene = await ServerOnBus.StartAsync(
            new TestClient("a.b").StanzaWith("interval = P10D"), new TestClient("a-b").StanzaWith("interval = P10D"));

        var clients = await scene.Peer.RequireAsync("/", BusPeer.ServerInterface, "GetAllClients");

        Assert.Equal("([objectpath '/clients/a_b', objectpath '/clients/a_b_2'])", clients);
        string[] names = [await scene.Peer.GetAsync("/clients/a_b", "Name"), await scene.Peer.GetAsync("/clients/a_b_2", "Name")];
        Assert.Equal(["'a-b'", "'a.b'"], names.Order(StringComparer.Ordinal));
        await scene.Server.Log.WaitForAsync("WARNING", "a_b_2");
    }

    // A caller that sends what is no message is the bus's own affair; the server must not notice.
    [Fact]
    public async Task Garbage_OnBus_LeavesServerAlone()
    {
        await using var scene = await ServerOnBus.StartAsync(new TestClient("foo").StanzaWith("interval = P10D"));
        var garbage = new byte[MiB];
        Random.Shared.NextBytes(garbage);
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(scene.Bus.Socket), Cancellation);
            await Patience.UntilAsync("the bus ends the connection", async () =>
            {
                try
                {
                    return await socket.SendAsync(garbage, Cancellation) == 0;
                }
                catch (SocketException)
                {
                    return true;
                }
            });
        }

        Assert.Equal("'foo'", await scene.Peer.GetAsync(Foo, "Name"));
    }

    private static (string Path, string? Interface, string Member, string Arguments, string Error) Set(
        string property, string value, string error)
        => (Foo, BusPeer.Properties, "Set", $"('{BusPeer.ClientInterface}', '{property}', <{value}>)", error);

    // One line that says something, and is no copy of what was sent.
    private static bool IsClear(string text) => text.Length is > 15 and < 1000 && !text.Contains('\n', StringComparison.Ordinal)
        && !text.Contains("Exception", StringComparison.Ordinal);

    private static string Shorten(string text) => text.Length < 200 ? text : $"{text[..200]}… ({text.Length})";
}
