using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Tests.Support;

/// <summary>An engine with fakes on all sides, whose loop runs on the test's thread.</summary>
internal sealed class EngineRig : IDisposable
{
    /// <summary>Real time after which a wait is given up; far beyond what anything here takes.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public const string OtherCheckerName = "other";

    public TestClock Clock { get; init; } = new();

    public FakeTls Tls { get; } = new();

    public FakeStore Store { get; init; } = new();

    /// <summary>A store that other servers share, in place of <see cref="Store"/>.</summary>
    public ISharedStateStore? SharedStore { get; init; }

    public FakeChecker Checker { get; init; } = new();

    /// <summary>A second checker, named <see cref="OtherCheckerName"/>.</summary>
    public IChecker? OtherChecker { get; init; }

    /// <summary>Where the server's own key is; null: it has no place.</summary>
    public FakeServerKey? Key { get; init; } = new();

    public TestLog Log { get; init; } = new();

    public FakeAuditLog Audit { get; init; } = new();

    /// <summary>Part of the interval after which the first check comes.</summary>
    public double FirstCheck { get; init; } = 0.5;

    public EngineOptions Options { get; init; } = new();

    /// <summary>Whether time that passes in one piece is a gap, in which the server did not run.</summary>
    public bool HasGaps { get; init; }

    /// <summary>Gives the configuration at the next reload, or throws.</summary>
    public Func<IReadOnlyCollection<ClientDefinition>> File { get; set; } = static () => [];

    /// <summary>Names that the configuration has and that cannot be used.</summary>
    public string[] LeftOut { get; set; } = [];

    /// <summary>Whether the configuration could be read whole.</summary>
    public bool IsComplete { get; set; } = true;

    public MandosEngine Engine { get; private set; } = null!;

    public ServerSubscription Events { get; private set; } = null!;

    public static string PublicKey(string client) => "key of " + client;

    public static string KeyId(string client) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(PublicKey(client))));

    public static string FileSecret(string client) => "S3CRET of " + client;

    public static ClientDefinition Define(string name, Func<ClientSettings, ClientSettings>? change = null, bool enabled = true,
        string? secret = null)
    {
        var settings = new ClientSettings { KeyId = KeyId(name) };
        return new ClientDefinition
        {
            Name = name,
            Settings = change is null ? settings : change(settings),
            Enabled = enabled,
            Secret = new Secret(Encoding.UTF8.GetBytes(secret ?? FileSecret(name))),
        };
    }

    /// <summary>Makes and loads the engine, and subscribes to its events.</summary>
    public EngineRig Start(params ClientDefinition[] definitions)
    {
        var checkers = new Dictionary<string, IChecker> { [ClientDefinition.StandardChecker] = Checker };
        if (OtherChecker is not null)
        {
            checkers.Add(OtherCheckerName, OtherChecker);
        }

        Engine = new MandosEngine(
            Options with
            {
                Random = new FixedRandom(FirstCheck),
                ReadClients = () => Task.FromResult(Configuration(File())),
                Audit = Audit,
                ServerKey = Key,
                LongestDelay = HasGaps ? DeadlineQueue.LongestDelay : TimeSpan.MaxValue,
            },
            Tls, SharedStore ?? (IStateStore)Store, checkers, Clock, Log);
        Run(Engine.LoadAsync(Configuration(definitions), CancellationToken.None));
        Task<ServerSubscription> subscription = Engine.Server.SubscribeAsync(CancellationToken.None).AsTask();
        Run(subscription);
        Events = subscription.GetAwaiter().GetResult();
        return this;
    }

    /// <summary>Who gives the commands.</summary>
    public static CommandSource Person { get; } = new("test") { User = "somebody", Address = "here" };

    public Client Client(string name) => Engine.Parts.Clients.Get(name);

    public ClientSnapshot this[string name] => Client(name).Snapshot;

    public void Enable(string client) => Run(Engine.Server.EnableAsync(client, Person, CancellationToken.None));

    public void Disable(string client) => Run(Engine.Server.DisableAsync(client, Person, CancellationToken.None));

    public void Approve(string client, bool approved) => Run(Engine.Server.ApproveAsync(client, approved, Person, CancellationToken.None));

    public void Decide(long request, bool approved) => Run(Engine.Server.DecideAsync(request, approved, Person, CancellationToken.None));

    public void ExpectReboot(string client, TimeSpan time, bool needsNoApproval = false)
        => Run(Engine.Server.ExpectRebootAsync(
            client, new RebootPlan(time) { Reason = "a new kernel", NeedsNoApproval = needsNoApproval }, Person, CancellationToken.None));

    public void Rehearse(string client, TimeSpan valid) => Run(Engine.Server.RehearseAsync(client, valid, Person, CancellationToken.None));

    public void MarkCheckedOk(string client) => Run(Engine.Server.MarkCheckedOkAsync(client, Person, CancellationToken.None));

    public void StartChecker(string client) => Run(Engine.Server.StartCheckerAsync(client, Person, CancellationToken.None));

    public void StopChecker(string client) => Run(Engine.Server.StopCheckerAsync(client, Person, CancellationToken.None));

    public void Change(string client, ClientChange change) => Run(Engine.Server.ChangeAsync(client, change, Person, CancellationToken.None));

    public void SetSecret(string client, byte[] secret) => Run(Engine.Server.SetSecretAsync(client, secret, Person, CancellationToken.None));

    /// <summary>A client for a command to add, with the key that <see cref="Connect(string, string)"/> has.</summary>
    public static NewClient New(string name, Func<ClientSettings, ClientSettings>? change = null, bool enabled = true)
    {
        var settings = new ClientSettings { KeyId = KeyId(name) };
        return new NewClient { Name = name, Settings = change is null ? settings : change(settings), Enabled = enabled };
    }

    /// <summary>Adds a client with the secret that it has in a file too.</summary>
    public void Add(NewClient client) => Run(AddAsync(client));

    public void Add(string client) => Add(New(client));

    public Task<CommandResult> AddAsync(NewClient client, string? secret = null)
        => Engine.Server.AddClientAsync(client, Encoding.UTF8.GetBytes(secret ?? FileSecret(client.Name)), Person, CancellationToken.None);

    public void Forget(string client) => Run(Engine.Server.ForgetAsync(client, Person, CancellationToken.None));

    public void Remove(string client) => Run(Engine.Server.RemoveAsync(client, Person, CancellationToken.None));

    /// <summary>Has the engine take up another configuration.</summary>
    public void Reload(params ClientDefinition[] definitions)
    {
        File = () => definitions;
        Run(Engine.Server.ReloadAsync(Person, CancellationToken.None));
    }

    private ClientConfiguration Configuration(IReadOnlyCollection<ClientDefinition> clients)
        => new(clients) { LeftOut = LeftOut.ToHashSet(), IsComplete = IsComplete };

    public FakePeer Connect(FakePeer peer)
    {
        Tls.Add(peer);
        Engine.Serve(peer);
        return peer;
    }

    /// <summary>Connects a peer that does everything right and at once.</summary>
    public FakePeer Connect(string client, string address = FakePeer.DefaultAddress)
        => Connect(new FakePeer(address).SendHello().Authenticate(PublicKey(client)).TakeSecret());

    /// <summary>Connects such a peer and waits until it has been served.</summary>
    public FakePeer Serve(string client, string address = FakePeer.DefaultAddress)
    {
        FakePeer peer = Connect(client, address);
        Until(() => peer.IsDisposed && Engine.Parts.Connections.Table.All.All(connection => connection.Peer != peer), "the connection to end");
        return peer;
    }

    public FakePeer Finish(FakePeer peer)
    {
        Until(() => peer.IsDisposed && Engine.Parts.Connections.Table.All.Count == 0, "the connection to end");
        return peer;
    }

    /// <summary>Connects such a peer and waits until it waits for approval.</summary>
    public FakePeer Hold(string client, string address = FakePeer.DefaultAddress)
    {
        int before = this[client].ApprovalsPending;
        FakePeer peer = Connect(client, address);
        Until(() => peer.InWait && this[client].ApprovalsPending == before + 1, "the connection to wait for approval");
        return peer;
    }

    /// <summary>Steps the loop until something is so and the loop has nothing more to do.</summary>
    public void Until(Func<bool> condition, string what)
    {
        var time = Stopwatch.StartNew();
        for (int spins = 0; ; spins++)
        {
            Engine.Parts.Services.Loop.RunPending();
            if (condition() && !Engine.Parts.Services.Loop.RunPending() && condition())
            {
                return;
            }

            Assert.True(time.Elapsed < _patience, $"waited in vain for {what}");
            if (spins > 20)
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Steps the loop until a task has ended, and throws its exception if it has one.</summary>
    /// <exception cref="NotSavedException">It was a command, which is in force, but not saved.</exception>
    public void Run(Task task)
    {
        Until(() => task.IsCompleted, "a task to end");
        task.GetAwaiter().GetResult();
        if (task is Task<CommandResult> command && command.GetAwaiter().GetResult().Problem is { } problem)
        {
            throw new NotSavedException(problem);
        }
    }

    /// <summary>Has a command wait for what does not end, as long as it waits.</summary>
    public CommandResult RunInVain(Func<IMandosServer, Task<CommandResult>> give)
    {
        int before = Clock.CountMade(EngineServices.Patience);
        Task<CommandResult> command = give(Engine.Server);
        Until(() => Clock.CountMade(EngineServices.Patience) > before, "the command to wait");
        Assert.False(command.IsCompleted);
        Pass(EngineServices.Patience);
        Until(() => command.IsCompleted, "the command to end");
        return command.GetAwaiter().GetResult();
    }

    /// <summary>Steps the loop until no check runs or dies and nothing is being saved.</summary>
    public void Settle() => Until(() => !Engine.Parts.Keeper.IsSaving && AreChecksOver, "checks and saves to end");

    /// <summary>Steps the loop until no check runs or dies.</summary>
    public void SettleChecks() => Until(() => AreChecksOver, "checks to end");

    private bool AreChecksOver => Engine.Parts.Checks.IsIdle && Engine.Parts.Clients.All.All(static client => client.Check is null);

    /// <summary>The check that runs for a client; it is announced a moment before it runs.</summary>
    public FakeCheck RunningCheckOf(string client)
    {
        Until(() => Checker.RunningOf(client).Count > 0, "the check to run");
        return Assert.Single(Checker.RunningOf(client));
    }

    /// <summary>Lets time pass in one piece, and what was due happen.</summary>
    public void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Engine.Parts.Services.Loop.RunPending();
    }

    /// <summary>The events so far, in short: a property as <c>client.Property=value</c>, anything else by its name.</summary>
    public string[] TakeEvents()
    {
        Engine.Parts.Services.Loop.RunPending();
        var texts = new List<string>();
        while (Events.Events.TryRead(out ServerEvent? e))
        {
            texts.Add(Describe(e));
        }

        return [.. texts];
    }

    public void Dispose()
    {
        Engine?.Dispose();
    }

    private static string Describe(ServerEvent e) => e switch
    {
        ClientPropertyChanged change => $"{change.Property}={Value(change.Client, change.Property)}",
        CheckerCompleted done => $"CheckerCompleted({done.Result.ExitCode}, {done.Result.WaitStatus}, {done.Description})",
        CheckerStarted started => $"CheckerStarted({started.Description})",
        ClientRemoved removed => $"ClientRemoved({removed.Reason})",
        Rejected rejected => $"Rejected({rejected.Reason})",
        NeedApproval need => $"NeedApproval({need.TimeLeft.TotalMilliseconds}, {need.ApprovedByDefault})",
        ConflictingRequests conflict => $"ConflictingRequests({string.Join(", ", conflict.Addresses)})",
        AnomalyNoticed anomaly => $"AnomalyNoticed({anomaly.Kind})",
        RebootExpectationEnded ended => $"RebootExpectationEnded({ended.Ending})",
        Rehearsed rehearsed => $"Rehearsed({rehearsed.Problem})",
        ClientNotFound unknown => $"ClientNotFound({unknown.KeyId}, {unknown.Address})",
        _ => e.GetType().Name,
    };

    private static object? Value(ClientSnapshot client, ClientProperty property) => property.Name switch
    {
        nameof(ClientProperty.Enabled) => client.Enabled,
        nameof(ClientProperty.Origin) => client.Origin,
        nameof(ClientProperty.LastEnabled) => Time(client.LastEnabled),
        nameof(ClientProperty.Expires) => Time(client.Expires),
        nameof(ClientProperty.LastCheckedOk) => Time(client.LastCheckedOk),
        nameof(ClientProperty.LastCheckerStatus) => client.LastCheckerStatus,
        nameof(ClientProperty.LastApprovalRequest) => Time(client.LastApprovalRequest),
        nameof(ClientProperty.ApprovalPending) => client.ApprovalsPending > 0,
        nameof(ClientProperty.ExpectedReboot) => Time(client.ExpectedReboot?.Until),
        nameof(ClientProperty.RehearsalUntil) => Time(client.RehearsalUntil),
        nameof(ClientProperty.ProvenAt) => Time(client.ProvenAt),
        nameof(ClientProperty.CheckerRunning) => client.CheckerRunning,
        nameof(ClientProperty.Requests) => string.Join(", ", client.Requests.Select(static request => $"{request.Id} {request.Peer}")),
        _ => property switch
        {
            ClientSetting<TimeSpan> duration => duration.Get(client.Settings).TotalSeconds,
            ClientSetting<string> text => text.Get(client.Settings),
            ClientSetting<bool> flag => flag.Get(client.Settings),
            _ => "",
        },
    };

    /// <summary>Seconds since the start of the test.</summary>
    private static double? Time(DateTimeOffset? time) => time is { } t ? (t - TestClock.Epoch).TotalSeconds : null;

    private sealed class FixedRandom(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
