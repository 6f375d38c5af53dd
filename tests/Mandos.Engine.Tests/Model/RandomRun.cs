using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <summary>Drives the real engine and <see cref="ModelServer"/> side by side through a random life, and compares them after
/// each step.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Run disposes it")]
internal sealed partial class RandomRun
{
    private const string SecretMark = "S3CRET";
    private const string LegacyName = "c4";
    private const int MaxConnections = 8;
    private const int MostInstants = 60;

    /// <summary>How old a change may be and still be lost in a crash.</summary>
    private const int SaveTime = 1_000;

    /// <summary>How long after the store works again a retry may come.</summary>
    private const int RetryTime = 31_000;

    private static readonly string[] _fileNames = ["c0", "c1", "c2", "c3", LegacyName];

    /// <summary>Clients that are seldom in the files, so that commands can add them.</summary>
    private static readonly string[] _addedNames = ["a0", "a1"];

    private static readonly string[] _names = [.. _fileNames, .. _addedNames];

    // Each kind of duration has a remainder of its own, so that different deadlines seldom fall on the same millisecond.
    private static readonly int[] _intervals = [60_000, 120_000, 300_000, 7_000];
    private static readonly int[] _timeouts = [300_137, 300_137, 900_137, 86_400_137, 86_400_137, 3_600_137, 20_137, 137];
    private static readonly int[] _extended = [900_251, 900_251, 3_600_251, 30_251, 251];
    private static readonly int[] _delays = [0, 0, 1_059, 10_059, 60_059];
    private static readonly int[] _durations = [0, 1_083, 1_083, 30_083];

    /// <summary>Two tell the hardware address. Each is a source of its own.</summary>
    private static readonly string[] _addresses = ["192.0.2.1", "192.0.2.2", "fe80::200:ff:fe00:1%1", "fe80::200:ff:fe00:2%2"];

    private readonly int _seed;
    private readonly Random _random;
    private readonly TestClock _clock = new();
    private readonly FakeServerKey _key = new();
    private readonly TestLog _log = new();
    private readonly ModelServer _model;
    private readonly Dictionary<string, CheckPlan> _plans = [];
    private readonly Dictionary<string, ModelDefinition> _file = [];
    private readonly Dictionary<string, List<(long At, ModelRecord? Record)>> _history = [];
    private readonly List<Secret> _secrets = [];
    private readonly Dictionary<string, ClientSnapshot> _mirror = [];
    private readonly Dictionary<string, ModelCounts> _heard = [];
    private readonly Queue<string> _steps = new();

    /// <summary>The keys that each client has had, the last ones.</summary>
    private readonly Dictionary<string, List<string>> _keys = [];

    /// <summary>What the file said of clients that it does not have.</summary>
    private readonly Dictionary<string, ModelDefinition> _gone = [];

    /// <summary>Whose each secret is: it is for one key, and no other.</summary>
    private readonly Dictionary<string, string> _keyOfSecret = [];
    private EngineRig _rig = null!;
    private int _heardNotFound;
    private long _healthySince = -RetryTime;
    private bool _storeFails;
    private bool _storeHangs;
    private int _secretCount;

    public RandomRun(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _model = new ModelServer(name => _plans.GetValueOrDefault(name, new CheckPlan(CheckMode.Ends, FakeChecker.Success))) { OnSaved = NoteState };
    }

    /// <summary>Kinds of steps that were made, for a look at how the run is spread.</summary>
    public Dictionary<string, int> Tally { get; } = [];

    /// <summary>Secrets that arrived.</summary>
    public int SecretsGot { get; private set; }

    public void Run(int steps)
    {
        try
        {
            foreach (string name in _names)
            {
                _history[name] = [(long.MinValue, null)];
                _keys[name] = [name];
            }

            foreach (string name in _fileNames)
            {
                _file[name] = RandomDefinition(name);
            }

            Start(restore: true, []);
            for (int i = 0; i < steps; i++)
            {
                Step();
            }

            StopInOrder();
        }
        catch (Exception e)
        {
            throw new ModelMismatchException(
                string.Join(Environment.NewLine, [$"seed {_seed}: {e.Message}", "last steps:", .. _steps]), e);
        }
        finally
        {
            _rig.Dispose();
        }
    }
}
