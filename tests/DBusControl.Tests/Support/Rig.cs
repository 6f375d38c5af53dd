using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl;
using Mandos.PluginContracts.Control;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests.Support;

/// <summary>The control surface on a bus of its own, with a server without network and a program that calls it.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public const int Serving = 4103;
    public const string Foo = "/clients/foo";

    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private Caller? _caller;

    private Rig(string rules = DBusDaemon.OpenRules, TimeProvider? time = null)
    {
        Bus = new DBusDaemon(rules);
        Context = ContextOf(Bus.Address, time);
    }

    /// <summary>What the control surface gets to use the bus at an address.</summary>
    public static TestPluginContext ContextOf(string address, TimeProvider? time = null) => new()
    {
        Settings = new Dictionary<string, string> { ["address"] = address },
        TimeProvider = time ?? TimeProvider.System,
    };

    public DBusDaemon Bus { get; }

    public TestPluginContext Context { get; }

    public Caller Caller => _caller!;

    public InMemoryServer Server { get; private set; } = new([]);

    /// <summary>A client with a value other than the default one in every place.</summary>
    public static ClientSnapshot Client(string name) => new()
    {
        Name = name,
        Created = At(0),
        Enabled = true,
        LastEnabled = At(1),
        Expires = At(2),
        LastCheckedOk = At(3),
        LastCheckerStatus = 7,
        Settings = new ClientSettings
        {
            KeyId = "01AB",
            Fingerprint = "23CD",
            Host = "host ☃",
            Checker = "check %(host)s",
            Interval = TimeSpan.FromSeconds(1),
            Timeout = TimeSpan.FromSeconds(2),
            ExtendedTimeout = TimeSpan.FromSeconds(3),
            ApprovalDelay = TimeSpan.FromSeconds(4),
            ApprovalDuration = TimeSpan.FromSeconds(5),
        },
    };

    /// <summary>Who gives commands to the server beside the bus.</summary>
    public static CommandSource Person { get; } = new("test");

    public static SecretRequest Request(int id, string address)
        => new(id, new IPEndPoint(IPAddress.Parse(address), 4000 + id), "01AB", At(id));

    public static DateTimeOffset At(int minute) => new(2026, 11, 23, 5, minute, 1, TimeSpan.Zero);

    /// <summary>A rig where nothing runs yet.</summary>
    public static Rig Create(TimeProvider? time = null, string rules = DBusDaemon.OpenRules, params ClientSnapshot[] clients)
        => new(rules, time) { Server = new InMemoryServer(clients) };

    /// <summary>A rig where all runs.</summary>
    public static async Task<Rig> StartAsync(params ClientSnapshot[] clients)
    {
        var rig = Create(clients: clients);
        await rig.StartAllAsync(rig.Server);
        return rig;
    }

    /// <summary>Starts the bus, the caller, then the surface, and forgets the signals until here.</summary>
    public async Task StartAllAsync(IMandosServer server)
    {
        await Bus.RestartAsync();
        await ConnectAsync();
        await ServeAsync(server);
        await Caller.IntrospectAsync("/"); // it is answered after the signals of the start
        Caller.TakeHeard();
    }

    /// <summary>Starts the surface, and waits until it serves.</summary>
    public async Task ServeAsync(IMandosServer server)
    {
        var serving = Context.NextAsync(Serving);
        Run(server);
        await serving;
    }

    /// <summary>Starts the surface.</summary>
    public void Run(IMandosServer server) => _run = new DBusSurface(Context).RunAsync(server, _stop.Token);

    public async Task ConnectAsync()
    {
        if (_caller is not null)
        {
            await _caller.DisposeAsync();
        }

        _caller = await Caller.ConnectAsync(Bus.Address);
    }

    /// <summary>Waits until all signals of what happened have arrived: they go before the answer to a command.</summary>
    public async Task<IReadOnlyList<string>> HearAsync()
    {
        await Caller.CallAsync(Foo, Caller.Client, "Approve", VariantValue.Bool(true));
        return [.. Caller.TakeHeard().Where(text => text != "reply to Approve")];
    }

    /// <summary>Cancels the surface, and waits for its end.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.False(_run.IsFaulted, _run.Exception?.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_caller is not null)
        {
            await _caller.DisposeAsync();
        }

        await Bus.DisposeAsync();
        _stop.Dispose();
    }
}
