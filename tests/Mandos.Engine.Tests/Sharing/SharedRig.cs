using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Tests.Sharing;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>Several engines at one shared store. Their loops run on the test's thread, and each has a clock of its own.</summary>
internal sealed class SharedRig : IDisposable
{
    private readonly TestClock _storeClock = new();
    private readonly ContractContext _context;
    private readonly HashSet<EngineRig> _crashed = [];

    public SharedRig() => _context = new ContractContext { TimeProvider = _storeClock };

    public List<EngineRig> Servers { get; } = [];

    public List<UnreliableStore> Stores { get; } = [];

    public EngineRig A => Servers[0];

    public EngineRig B => Servers[1];

    public SharedTruth Truth => SharedPlace.Of(_context).Truth;

    /// <summary>Starts a server with these clients in its files.</summary>
    /// <param name="id">Its identity; null for a new one.</param>
    /// <param name="definitions">Its clients.</param>
    public EngineRig Start(Guid? id, params ClientDefinition[] definitions) => Start(id, null, isCutOff: false, definitions);

    /// <summary>Starts a server with these clients in its files.</summary>
    /// <param name="id">Its identity; null for a new one.</param>
    /// <param name="lastKnown">What it keeps itself.</param>
    /// <param name="isCutOff">Whether it cannot reach the store.</param>
    /// <param name="definitions">Its clients.</param>
    public EngineRig Start(Guid? id, FakeLastKnown? lastKnown, bool isCutOff, params ClientDefinition[] definitions)
        => Start(new UnreliableStore(_context) { IsCutOff = isCutOff }, id, lastKnown, definitions);

    /// <summary>Starts a server whose calls of the store end as cancelled.</summary>
    /// <param name="definitions">Its clients.</param>
    public EngineRig StartCancelled(params ClientDefinition[] definitions)
        => Start(new UnreliableStore(_context) { IsCutOff = true, Cancels = true }, null, null, definitions);

    /// <summary>Starts a server that loads what the store has, and is cut off then.</summary>
    /// <param name="definitions">Its clients.</param>
    public EngineRig StartCutOffOnceLoaded(params ClientDefinition[] definitions)
        => Start(new UnreliableStore(_context) { IsCutOffOnceLoaded = true }, null, null, definitions);

    /// <summary>Starts a server that cannot reach the store, with a mistake in the section of a client.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="lastKnown">What it keeps itself.</param>
    /// <param name="leftOut">The client.</param>
    /// <param name="definitions">The others.</param>
    public EngineRig StartCutOffWithout(Guid id, FakeLastKnown lastKnown, string leftOut, params ClientDefinition[] definitions)
        => Start(new UnreliableStore(_context) { IsCutOff = true }, id, lastKnown, definitions, leftOut);

    private EngineRig Start(UnreliableStore store, Guid? id, FakeLastKnown? lastKnown, ClientDefinition[] definitions, params string[] leftOut)
    {
        string name = ((char)('a' + Servers.Count)).ToString();
        var rig = new EngineRig
        {
            SharedStore = store,
            LeftOut = leftOut,
            Options = new EngineOptions
            {
                Server = new ServerIdentity(id ?? Guid.NewGuid(), name),
                CallStore = static work => work(),
                LastKnown = lastKnown,
            },
        };
        rig.Clock.Advance(_storeClock.GetUtcNow() - rig.Clock.GetUtcNow()); // all know what time it is
        Stores.Add(store);
        Servers.Add(rig);
        rig.Start(definitions);
        Settle();
        return rig;
    }

    /// <summary>Starts servers with the same clients, long enough ago that nobody fears those before them.</summary>
    public SharedRig StartSame(int servers, Func<ClientSettings, ClientSettings>? change = null, params string[] clients)
    {
        for (int i = 0; i < servers; i++)
        {
            Start(null, [.. (clients.Length == 0 ? ["one"] : clients).Select(name => EngineRig.Define(name, change))]);
        }

        Pass(SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1));
        return this;
    }

    /// <summary>Has a server end where it is.</summary>
    public void Crash(EngineRig server)
    {
        _crashed.Add(server);
        server.Dispose();
    }

    /// <summary>Lets time pass for all, in short steps, and what is due happen.</summary>
    /// <param name="time">How long.</param>
    /// <param name="stopped">A server that does not run meanwhile.</param>
    public void Pass(TimeSpan time, EngineRig? stopped = null)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(50))
        {
            _storeClock.Advance(TimeSpan.FromMilliseconds(50));
            foreach (EngineRig server in Servers.Except(_crashed))
            {
                server.Clock.Advance(TimeSpan.FromMilliseconds(50));
            }

            Settle(stopped);
        }
    }

    /// <summary>Has all loops run until they have nothing to do.</summary>
    /// <param name="stopped">A server that does not run meanwhile.</param>
    public void Settle(EngineRig? stopped = null)
    {
        bool any = true;
        while (any)
        {
            any = false;
            foreach (EngineRig server in Servers.Except(_crashed).Where(server => server != stopped))
            {
                any |= server.Engine.Parts.Services.Loop.RunPending();
            }
        }
    }

    /// <summary>Lets threads of the pool do what they have been given, which a clock that nothing holds up must not outrun.</summary>
    public static void LetPoolRun()
    {
        Thread.Sleep(1);
        for (int i = 0; i < 3; i++)
        {
            using var ran = new ManualResetEventSlim();
            ThreadPool.QueueUserWorkItem(static ran => ran.Set(), ran, preferLocal: false);
            ran.Wait(); // its turn comes after theirs; one of theirs may give more
        }
    }

    /// <summary>Lets time pass until a command has ended.</summary>
    public CommandResult End(Task<CommandResult> command, TimeSpan? limit = null)
    {
        DateTimeOffset start = _storeClock.GetUtcNow();
        while (!command.IsCompleted)
        {
            Assert.True(_storeClock.GetUtcNow() - start < (limit ?? TimeSpan.FromMinutes(1)), "the command does not end");
            Pass(TimeSpan.FromMilliseconds(50));
            LetPoolRun();
        }

        return command.GetAwaiter().GetResult();
    }

    /// <summary>How long a command takes, about.</summary>
    public TimeSpan Time(Func<Task<CommandResult>> give)
    {
        DateTimeOffset start = _storeClock.GetUtcNow();
        CommandResult result = End(give());
        Assert.True(result.IsDurable, result.Problem);
        return _storeClock.GetUtcNow() - start;
    }

    /// <summary>Has a client ask a server for its secret.</summary>
    public FakePeer Ask(EngineRig server, string client = "one")
    {
        FakePeer peer = server.Connect(client);
        var time = System.Diagnostics.Stopwatch.StartNew();
        for (int spins = 1; !peer.IsDisposed; spins++)
        {
            Settle();
            LetPoolRun();
            if (spins % 5 == 0)
            {
                Pass(TimeSpan.FromMilliseconds(50)); // it may wait for something that takes time
            }

            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), "the connection does not end");
        }

        Settle();
        return peer;
    }

    public void Dispose()
    {
        foreach (EngineRig server in Servers.Except(_crashed))
        {
            server.Dispose();
        }

        _context.Dispose();
    }
}
