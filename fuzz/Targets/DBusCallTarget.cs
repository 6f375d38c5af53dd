using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.DBusControl;
using Mandos.PluginContracts.Control;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Fuzz.Targets;

/// <summary>
/// The D-Bus interface as a whole: each call gets one answer, whatever its arguments are, and bytes that are no
/// message end the connection and nothing else.
/// </summary>
/// <remarks>
/// The first byte of an input says what it is: anything from <see cref="Raw"/> on bytes that are sent as they are; less, the number of a method,
/// and then follow the length of a signature, the signature and the arguments.
/// </remarks>
internal static class DBusCallTarget
{
    private const byte Raw = 240;

    /// <summary>A server remembers some of what it is told; so there is a new one now and then.</summary>
    private const int InputsOfAServer = 5000;

    private static readonly (string Path, string Member, string Signature)[] _methods =
    [
        ("/clients/one", "Get", "ss"), ("/clients/one", "Set", "ssv"), ("/clients/one", "GetAll", "s"), ("/clients/one", "Approve", "v"),
        ("/clients/one", "Approve", "b"), ("/clients/two", "CheckedOK", ""), ("/clients/none", "Introspect", ""), ("/clients", "Introspect", ""),
        ("/", "GetManagedObjects", ""), ("/", "GetClients", "tu"), ("/", "DecideRequest", "tb"), ("/", "ForgetClient", "s"), ("/", "Get", "ss"),
        ("/", "Set", "ssv"), ("/", "RemoveClient", "o"), ("/", "RemoveClient", "s"), ("/", "GetKeptClients", ""), ("/", "Nonsense", ""),
    ];

    private static FakeBus? _bus;
    private static CancellationTokenSource? _stop;
    private static Task _run = Task.CompletedTask;
    private static int _inputs;

    public static IReadOnlyList<byte[]> Words { get; } =
        [.. "ybnqiuxtdsogav(){}"u8.ToArray().Select(static type => new[] { type }), .. new[] { "Host", "Secret", "Timeout", "/clients/one" }.Select(Text)];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (_bus is null || _inputs++ == InputsOfAServer)
        {
            Restart();
        }

        if (data[0] >= Raw)
        {
            _bus!.SendLast(data[1..]);
            Restart();
            return;
        }

        (string path, string member, string signature) = _methods[data[0] % _methods.Length];
        ReadOnlySpan<byte> body = data[1..];
        if (body.Length > 0 && body[0] is > 0 and < Raw && body.Length > body[0])
        {
            signature = Encoding.ASCII.GetString(body[1..(1 + body[0])]); // what is not ASCII becomes '?'
            body = body[(1 + body[0])..];
        }
        else if (body.Length > 0)
        {
            body = body[1..];
        }

        string? answer = _bus!.Call(path, null, member, signature, body);
        Expect.That(answer is not null, "the connection has ended");
        Expect.That(answer != "org.freedesktop.DBus.Error.Failed", "it has failed, rather than been refused");
    }

    public static IReadOnlyList<byte[]> Seeds() =>
    [
        [0, 0, .. Text("se.recompile.Mandos.Client"), 0, .. Text("Host")],
        [1, 0, .. Text("se.recompile.Mandos.Client"), 0, .. Text("Host"), 1, (byte)'s', 0, .. Text("x")],
        [1, 0, .. Text("se.recompile.Mandos.Client"), 0, .. Text("Secret"), 2, (byte)'a', (byte)'y', 0, 0, 3, 0, 0, 0, 1, 2, 3],
        [1, 0, .. Text("se.recompile.Mandos.Client"), 0, .. Text("Timeout"), 1, (byte)'v', 0, 1, (byte)'t', 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        [2, 0, .. Text("")],
        [4, 0, 1, 0, 0, 0],
        .. Enumerable.Range(5, 4).Select(static method => new[] { (byte)method }),
        [9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0],
        [11, 0, .. Text("none")],
        [14, 0, .. Text("/clients/none")],
        [17, 3, (byte)'a', (byte)'(', (byte)'s', 1, 0, 0, 0],
        [Raw, (byte)'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0x18, 0, 0, 0, 1, 1, (byte)'o', 0, 1, 0, 0, 0, (byte)'/', 0, 0, 0, 0, 0, 0, 0,
            3, 1, (byte)'s', 0, 1, 0, 0, 0, (byte)'X', 0, 0, 0],
    ];

    private static byte[] Text(string text) => [(byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text), 0];

    /// <summary>Starts the interface again, with two clients, once the one before has ended.</summary>
    private static void Restart()
    {
        _stop?.Cancel();
        _bus?.Dispose();
        try
        {
            _run.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // That is how it ends; anything else is a find.
        }

        _stop?.Dispose();
        (_bus, _stop, _inputs) = (new FakeBus(), new CancellationTokenSource(), 0);
        // No time passes in it: it would leave a bus that does not answer for 5 s, as this one may not on a busy machine.
        var surface = new DBusSurface(new TestPluginContext
        {
            Settings = new Dictionary<string, string> { ["address"] = _bus.Address },
            TimeProvider = new FakeTimeProvider(),
        });
        var server = new InMemoryServer([Client("one"), Client("two")]);
        CancellationToken stop = _stop.Token;
        _run = Task.Run(() => surface.RunAsync(server, stop));
        _bus.Accept("RequestName");
        Expect.That(_bus.Call("/clients/one", null, "Introspect", "", []) is "", "the interface does not start");
    }

    private static ClientSnapshot Client(string name) => new()
    {
        Name = name, Created = DateTimeOffset.UnixEpoch, Settings = new() { Host = name },
    };
}
