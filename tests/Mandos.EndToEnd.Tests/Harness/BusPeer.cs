using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A peer on a bus, made with libdbus: calls whatever it is told to, and receives every signal. Thread-safe.</summary>
internal sealed class BusPeer : IAsyncDisposable
{
    public const string Server = "se.recompile.Mandos";
    public const string ServerInterface = Server;
    public const string ClientInterface = $"{Server}.Client";
    public const string OldServer = "se.bsnet.fukt.Mandos";
    public const string OldServerInterface = OldServer;
    public const string OldClientInterface = $"{OldServer}.Client";
    /// <summary>The interface of / that only ours has.</summary>
    public const string ServerExtension = $"{Server}.Server";
    /// <summary>The interface of a client that only ours has.</summary>
    public const string ClientExtension = $"{Server}.Server.Client";
    public const string Properties = "org.freedesktop.DBus.Properties";
    public const string Bus = "org.freedesktop.DBus";

    private static readonly string _script = ReadScript();

    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<BusReply>> _calls = new();
    private readonly List<BusSignal> _signals = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _calling = new(1);
    private int _count;

    private BusPeer(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Its process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>All signals so far that other peers, not the bus itself, have sent, in order.</summary>
    public IReadOnlyList<BusSignal> Signals
    {
        get
        {
            lock (_signals)
            {
                return [.. _signals];
            }
        }
    }

    /// <summary>Connects to a bus.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="user">The numeric ID of the user and the group that it becomes; null for those of the tests.</param>
    public static async Task<BusPeer> ConnectAsync(DBusDaemon bus, int? user = null)
    {
        string[] wrapper = user is null ? [] : ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"];
        string[] command = [.. wrapper, "/usr/bin/python3", "-c", _script, bus.Address];
        var start = Command.Describe(command[0], command.Skip(1));
        start.Environment.Remove("LD_LIBRARY_PATH");
        var peer = new BusPeer(Process.Start(start)!);
        try
        {
            await peer._ready.Task.WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Calls a method.</summary>
    /// <param name="path">The object.</param>
    /// <param name="interface">Its interface; null for a call that names none.</param>
    /// <param name="member">The method.</param>
    /// <param name="arguments">What it is given: a tuple in GVariant's text format.</param>
    /// <param name="destination">The name of the peer.</param>
    /// <param name="size">The size in bytes of a variant as one more argument; null for none.</param>
    public async Task<BusReply> CallAsync(string path, string? @interface, string member, string arguments = "()",
        string destination = Server, int? size = null)
    {
        var reply = new TaskCompletionSource<BusReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new { destination, path, @interface, member, args = arguments, size };
        await _calling.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _calls[_count++] = reply;
            await _process.StandardInput.WriteAsync($"{JsonSerializer.Serialize(call)}\n");
            await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            _calling.Release();
        }

        return await reply.Task.WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    /// <summary>Calls a method that must succeed.</summary>
    /// <returns>What it returned, in GVariant's text format.</returns>
    /// <inheritdoc cref="CallAsync"/>
    public async Task<string> RequireAsync(string path, string? @interface, string member, string arguments = "()")
    {
        var reply = await CallAsync(path, @interface, member, arguments);
        Assert.True(reply.Error is null, $"{path} {@interface}.{member}{arguments}: {reply}");
        return reply.Body;
    }

    /// <summary>Reads a property of a client.</summary>
    /// <param name="path">The client's object.</param>
    /// <param name="property">The property.</param>
    /// <returns>Its value without the variant about it, in GVariant's text format.</returns>
    public async Task<string> GetAsync(string path, string property)
        => (await RequireAsync(path, Properties, "Get", $"('{ClientInterface}', '{property}')"))[2..^2];

    /// <summary>Sets a property of a client.</summary>
    /// <param name="path">The client's object.</param>
    /// <param name="property">The property.</param>
    /// <param name="value">Its new value in GVariant's text format, without the variant about it.</param>
    public Task<BusReply> SetAsync(string path, string property, string value)
        => CallAsync(path, Properties, "Set", $"('{ClientInterface}', '{property}', <{value}>)");

    /// <summary>Waits for a signal, which may have come already.</summary>
    /// <param name="text">Part of it, as text.</param>
    /// <param name="count">How many such signals there must be.</param>
    public Task WaitForAsync(string text, int count = 1) => Patience.UntilAsync($"{count} signal(s) “{text}”",
        () => Signals.Count(signal => signal.ToString().Contains(text, StringComparison.Ordinal)) >= count);

    /// <summary>Waits until a server has its names on the bus.</summary>
    public Task WaitForServerAsync(TestServer server) => Patience.UntilAsync("the server is on the bus", async () =>
    {
        Assert.False(server.HasEnded, "the server ended instead of coming to the bus");
        return (await CallAsync("/org/freedesktop/DBus", Bus, "NameHasOwner", $"('{OldServer}',)", Bus)).Body == "(true)"
            && (await CallAsync("/", $"{Bus}.Introspectable", "Introspect")).Error is null;
    });

    /// <summary>Waits until a peer has left the bus; all that it has sent is in <see cref="Signals"/> then.</summary>
    /// <param name="name">Its unique name.</param>
    public Task WaitForLeaveAsync(string name) => Patience.UntilAsync($"{name} has left the bus", async ()
        => (await CallAsync("/org/freedesktop/DBus", Bus, "NameHasOwner", $"('{name}',)", Bus)).Body == "(false)");

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
        _calling.Dispose();
    }

    private async Task ReadAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        var sinceCall = new Dictionary<int, int>();
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            using var document = JsonDocument.Parse(line);
            var message = document.RootElement;
            string Text(string name) => message.GetProperty(name).GetString()!;
            switch (Text("kind"))
            {
                case "ready":
                    _ready.SetResult();
                    break;
                case "call":
                    sinceCall[message.GetProperty("call").GetInt32()] = Signals.Count;
                    break;
                case "signal" when Text("sender") != Bus:
                    lock (_signals)
                    {
                        _signals.Add(new(Text("sender"), Text("path"), Text("interface"), Text("member"), Text("body")));
                    }

                    break;
                case "reply":
                    var number = message.GetProperty("call").GetInt32();
                    sinceCall.Remove(number, out var before);
                    _calls.TryRemove(number, out var reply);
                    reply!.SetResult(new(message.GetProperty("error").GetString(), Text("body"), [.. Signals.Skip(before)]));
                    break;
                default:
                    break;
            }
        }

        var end = new IOException($"the peer on the bus has ended: {await errors}");
        _ready.TrySetException(end);
        foreach (var call in _calls.Values)
        {
            call.TrySetException(end);
        }
    }

    private static string ReadScript()
    {
        using var stream = typeof(BusPeer).Assembly.GetManifestResourceStream("bus-peer.py")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
