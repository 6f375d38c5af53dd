using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Model;

/// <summary>Drives the real engine and <see cref="ModelServer"/> side by side through a random life, and compares them after
/// each step.</summary>
#pragma warning disable CA1001 // Run disposes it
internal sealed class RandomRun
#pragma warning restore CA1001
{
    private const string SecretMark = "S3CRET";
    private const string LegacyName = "c4";
    private const int MaxConnections = 8;
    private const int MostInstants = 60;

    /// <summary>How old a change may be and still be lost in a crash.</summary>
    private const int SaveTime = 1_000;

    /// <summary>How long after the store works again a retry may come.</summary>
    private const int RetryTime = 31_000;

    private static readonly string[] _names = ["c0", "c1", "c2", "c3", LegacyName];

    // Each kind of duration has a remainder of its own, so that different deadlines seldom fall on the same millisecond.
    private static readonly int[] _intervals = [60_000, 120_000, 300_000, 7_000];
    private static readonly int[] _timeouts = [300_137, 300_137, 900_137, 86_400_137, 86_400_137, 3_600_137, 20_137, 137];
    private static readonly int[] _extended = [900_251, 900_251, 3_600_251, 30_251, 251];
    private static readonly int[] _delays = [0, 0, 1_059, 10_059, 60_059];
    private static readonly int[] _durations = [0, 1_083, 1_083, 30_083];

    private readonly int _seed;
    private readonly Random _random;
    private readonly TestClock _clock = new();
    private readonly TestLog _log = new();
    private readonly ModelServer _model;
    private readonly Dictionary<string, CheckPlan> _plans = [];
    private readonly Dictionary<string, ModelDefinition> _file = [];
    private readonly Dictionary<string, List<(long At, ModelRecord? Record)>> _history = [];
    private readonly List<Secret> _secrets = [];
    private readonly Dictionary<string, ClientSnapshot> _mirror = [];
    private readonly Dictionary<string, ModelCounts> _heard = [];
    private readonly Queue<string> _steps = new();
    private EngineRig _rig = null!;
    private int _heardNotFound;
    private long _healthySince = -RetryTime;
    private bool _storeFails;
    private bool _storeHangs;
    private int _secretCount;

    public RandomRun(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _model = new ModelServer(name => _plans.GetValueOrDefault(name, new CheckPlan(CheckMode.Ends, FakeChecker.Success)));
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

    // Steps

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 26:
                Connect();
                break;
            case < 44:
                MoveConnection();
                break;
            case < 60:
                Advance();
                break;
            case < 66:
                PlanChecks();
                break;
            case < 70:
                EndOneCheck();
                break;
            case < 93:
                Command();
                break;
            case < 95:
                ChangeStore();
                break;
            case < 96:
                _model.WallOffset = _clock.WallOffset = TimeSpan.FromMilliseconds(_random.Next(-100_000_000, 100_000_000));
                Did("wall clock jumps");
                break;
            case < 98:
                ChangeFile();
                if (_random.Next(2) == 0)
                {
                    Reload();
                }

                break;
            default:
                if (_random.Next(3) == 0)
                {
                    Restart();
                }

                break;
        }

        Settle();
    }

    private void Connect()
    {
        if (_model.Connections.Count >= MaxConnections)
        {
            return;
        }

        string? key = _random.Next(8) switch { 0 => null, _ => Pick(_names) };
        var peer = new FakePeer("192.0.2." + _random.Next(1, 4)) { ClosesAfterServer = _random.Next(5) > 0 };
        var connection = new ModelConnection(peer)
        {
            Key = key,
            HandshakeSucceeds = _random.Next(10) switch { 0 => false, 1 => null, _ => true },
            WriteSucceeds = _random.Next(10) switch { 0 => false, 1 or 2 => null, _ => true },
        };
        SetHandshake(connection);
        SetWrite(connection);
        int line = _random.Next(20);
        Did($"connect {key ?? "nobody"}: line {line}, handshake {connection.HandshakeSucceeds}, "
            + $"write {connection.WriteSucceeds}, closes {peer.ClosesAfterServer}");
        _model.Connect(connection);
        _rig.Connect(peer);
        switch (line)
        {
            case 0: // silent
                break;
            case 1:
                peer.Bytes.Send("1"u8);
                connection.HasSentHalf = true;
                break;
            case 2:
                peer.Bytes.Send("2\r\n"u8);
                _model.LineReceived(connection, false);
                break;
            case 3:
                peer.Bytes.Send(new byte[300]);
                _model.LineReceived(connection, false);
                break;
            case 4:
                peer.Bytes.Send("1\r\n"u8);
                peer.Bytes.Send(peer.Hello);
                _model.LineReceived(connection, true);
                break;
            default:
                peer.Bytes.Send([.. "1\r\n"u8, .. peer.Hello]);
                _model.LineReceived(connection, true);
                break;
        }
    }

    private void MoveConnection()
    {
        if (_model.Connections.Count == 0)
        {
            return;
        }

        ModelConnection x = _model.Connections[_random.Next(_model.Connections.Count)];
        if (_random.Next(4) == 0)
        {
            Did($"peer goes away from {x.Phase} of {x.Key}");
            if (x.Phase == ModelPhase.Held && _random.Next(2) == 0)
            {
                x.Peer.Gone.TrySetException(new InvalidOperationException("a fault in waiting"));
            }

            x.Peer.GoAway();
            _model.PeerGone(x);
            return;
        }

        bool success = _random.Next(4) > 0;
        Did($"peer goes on from {x.Phase} of {x.Key}: {success}");
        switch (x.Phase)
        {
            case ModelPhase.FirstLine:
                // Either it was silent, or it has sent "1" so far.
                x.Peer.Bytes.Send([.. x.HasSentHalf ? ""u8 : "1"u8, .. success ? "\r\n"u8 : "0\n"u8, .. x.Peer.Hello]);
                _model.LineReceived(x, success);
                break;
            case ModelPhase.Handshake:
                x.HandshakeSucceeds = success;
                SetHandshake(x);
                _model.HandshakeEnded(x, success);
                break;
            case ModelPhase.Sending:
                x.WriteSucceeds = success;
                SetWrite(x);
                _model.WriteEnded(x, success);
                break;
            case ModelPhase.Closing or ModelPhase.Refused:
                x.Peer.Bytes.End();
                _model.PeerGone(x);
                break;
        }
    }

    private void Advance()
    {
        long time = _random.Next(10) switch
        {
            < 3 => _random.Next(1, 300),
            < 6 => _random.Next(300, 20_000),
            < 9 => _random.Next(20_000, 400_000),
            _ => _random.Next(400_000, 4_000_000),
        };
        Did($"{time} ms pass");
        long end = _model.Now + time;
        for (int i = 0; i < MostInstants && _model.Now < end; i++)
        {
            AdvanceTo(Math.Min(end, _model.Next() ?? end));
            Settle();
        }
    }

    private void AdvanceTo(long time)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(time - _model.Now));
        _model.Now = time;
        _model.Fire();
    }

    private void PlanChecks()
    {
        string name = Pick(_names);
        CheckResult result = _random.Next(4) switch
        {
            0 => CheckResult.Exited(_random.Next(1, 256)),
            1 => CheckResult.Signaled(_random.Next(1, 128)),
            2 => CheckResult.Failed("no network"),
            _ => FakeChecker.Success,
        };
        var plan = new CheckPlan(
            _random.Next(20) switch
            {
                0 => CheckMode.Hangs,
                1 => CheckMode.IsStubborn,
                2 => CheckMode.Throws,
                3 => CheckMode.CannotBePrepared,
                4 => CheckMode.ThrowsInPreparing,
                _ => CheckMode.Ends,
            },
            _random.Next(3) > 0 ? FakeChecker.Success : result);
        _plans[name] = _rig.Checker[name] = plan;
        Did($"checks of {name}: {plan.Mode} {plan.Result.Outcome} {plan.Result.WaitStatus}");
    }

    private void EndOneCheck()
    {
        string name = Pick(_names);
        if (!_model.Clients.TryGetValue(name, out ModelClient? c) || _rig.Checker.RunningOf(name) is not [FakeCheck check, ..])
        {
            return;
        }

        CheckResult result = _random.Next(2) == 0 ? FakeChecker.Success : CheckResult.Exited(1);
        if (c.Dying > 0)
        {
            Did($"stopped check of {name} dies");
            ModelServer.CheckDied(c);
        }
        else if (c.Check == ModelCheck.Running)
        {
            Did($"check of {name} ends: {result.WaitStatus}");
            _model.EndCheck(c, result);
        }

        check.End(result);
        _model.RunChecks();
    }

    private void Command()
    {
        string name = Pick(_names);
        IMandosServer server = _rig.Engine.Server;
        CancellationToken none = CancellationToken.None;
        ModelClient? c = _model.Clients.GetValueOrDefault(name);
        switch (_random.Next(36))
        {
            case < 10:
                name = _model.Clients.Values.FirstOrDefault(static client => !client.Enabled)?.Name ?? name;
                c = _model.Clients.GetValueOrDefault(name);
                Do($"enable {name}", c, () => server.EnableAsync(name, none), _model.Enable);
                break;
            case < 12:
                Do($"disable {name}", c, () => server.DisableAsync(name, none), _model.Disable);
                break;
            case < 16:
                bool approves = true;
                Do($"approve {name}", c,
                    () => approves ? server.ApproveAsync(name, true, none)
                        : Assert.ThrowsAsync<ConflictingRequestsException>(() => server.ApproveAsync(name, true, none)),
                    client => approves = _model.Approve(client, true),
                    saves: false);
                break;
            case < 17 when c?.Settings.ApprovalDelay > TimeSpan.Zero:
                DecideOne();
                break;
            case < 18:
                Do($"deny {name}", c, () => server.ApproveAsync(name, false, none), client => _model.Approve(client, false),
                    saves: false);
                break;
            case < 20:
                Do($"checked ok {name}", c, () => server.MarkCheckedOkAsync(name, none), _model.CheckedOk);
                break;
            case < 23:
                Do($"start checker {name}", c, () => server.StartCheckerAsync(name, none), ModelServer.StartCheck, saves: false);
                break;
            case < 25:
                Do($"stop checker {name}", c, () => server.StopCheckerAsync(name, none), ModelServer.StopCheck, saves: false);
                break;
            case < 32:
                (ClientChange change, Func<ClientSettings, ClientSettings> apply) = RandomChange();
                Do($"change {name}: {change}", c, () => server.ChangeAsync(name, change, none),
                    client => _model.Change(client, apply));
                break;
            case < 35:
                string secret = c is not null && _random.Next(3) == 0 ? c.File.Secret : NewSecret();
                Do($"secret of {name}: {secret}", c, () => server.SetSecretAsync(name, Encoding.ASCII.GetBytes(secret), none),
                    client => _model.SetSecret(client, secret));
                break;
            case < 36 when _random.Next(2) == 0:
                Forget(name);
                break;
            default:
                if (_random.Next(2) == 0)
                {
                    Do($"remove {name}", c, () => server.RemoveAsync(name, none), _model.Remove);
                }

                break;
        }
    }

    private void DecideOne()
    {
        ModelConnection[] waiting = [.. _model.Connections.Where(static x => x.Phase == ModelPhase.Held)];
        if (waiting.Length > 0)
        {
            ModelConnection x = waiting[_random.Next(waiting.Length)];
            bool approved = _random.Next(3) > 0;
            long id = _rig[x.Client!.Name].Requests[Array.IndexOf(_model.WaitingFor(x.Client), x)].Id;
            Do($"{(approved ? "approve" : "deny")} request {id} of {x.Client.Name}", x.Client,
                () => _rig.Engine.Server.DecideAsync(id, approved, CancellationToken.None), _ => _model.DecideOne(x, approved), saves: false);
        }
    }

    private void Forget(string name)
    {
        Did($"forget {name}");
        Task command = _rig.Engine.Server.ForgetAsync(name, CancellationToken.None);
        if (_model.Absent.GetValueOrDefault(name) is null)
        {
            Assert.Throws<UnknownClientException>(() => _rig.Run(command));
            return;
        }

        _model.Absent.Remove(name);
        Note(name, null);
        if (!_storeHangs)
        {
            RunCommand(command);
        }
    }

    private void Do(string what, ModelClient? c, Func<Task> command, Action<ModelClient> model, bool saves = true)
    {
        Did(what);
        if (c is null)
        {
            Assert.Throws<UnknownClientException>(() => _rig.Run(command()));
            return;
        }

        model(c);
        Note(c.Name, c.ToRecord());
        bool waits = _storeHangs || c.Check == ModelCheck.Queued;
        if (saves && !_storeFails && !waits)
        {
            // When the command has returned, at least this is on disk.
            _history[c.Name].RemoveRange(0, _history[c.Name].Count - 1);
        }

        _model.RunChecks();
        Task task = command();
        if (!waits)
        {
            RunCommand(task);
        }
    }

    private void RunCommand(Task task)
    {
        try
        {
            _rig.Run(task);
        }
        catch (StateNotSavedException) when (_storeFails)
        {
            // It is in force, as the model says.
        }
    }

    private void ChangeStore()
    {
        switch (_random.Next(4))
        {
            case 0:
                Did("store fails");
                _rig.Store.Error = new StateStoreException("the disk is full");
                _storeFails = true;
                break;
            case 1 when !_storeFails:
                Did("store hangs");
                _rig.Store.Hang();
                _storeHangs = true;
                break;
            default:
                if (_storeFails || _storeHangs)
                {
                    HealStore();
                }

                break;
        }
    }

    private void HealStore()
    {
        Did("store works");
        _rig.Store.Error = null;
        _rig.Store.Release();
        _storeFails = _storeHangs = false;
        _healthySince = _model.Now;
    }

    private void ChangeFile()
    {
        string name = Pick(_names);
        if (!_file.TryGetValue(name, out ModelDefinition? old))
        {
            Did($"file: {name} is back");
            _file[name] = RandomDefinition(name);
            return;
        }

        Did($"file: {name} changes");
        switch (_random.Next(6))
        {
            case 0:
                _file.Remove(name);
                break;
            case 1 or 2:
                _file[name] = old with { Enabled = !old.Enabled };
                break;
            case 3:
                _file[name] = old with { Secret = NewSecret() };
                break;
            default:
                _file[name] = old with { Settings = RandomSettings(name, old.Settings) };
                break;
        }
    }

    private void Reload()
    {
        // An empty file comes by mistake alone: it is misspelt, or not there for a while.
        ModelDefinition[] file = _random.Next(8) == 0 ? [] : [.. _file.Values];
        if (_random.Next(8) == 0)
        {
            Did("reload of a bad file");
            _rig.File = static () => throw new ConfigurationException(["it is bad"]);
            Assert.Throws<ConfigurationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(CancellationToken.None)));
            return;
        }

        Did($"reload of {file.Length} clients");
        _log.Clear();
        _model.Reload(file);
        foreach (string name in _names)
        {
            NoteState(name);
        }

        bool waits = _storeHangs || _model.Clients.Values.Any(static c => c.Check == ModelCheck.Queued);
        if (!_storeFails && !waits)
        {
            foreach (List<(long, ModelRecord?)> history in _history.Values)
            {
                history.RemoveRange(0, history.Count - 1);
            }
        }

        _model.RunChecks();
        ClientDefinition[] definitions = Define(file);
        _rig.File = () => definitions;
        Task task = _rig.Engine.Server.ReloadAsync(CancellationToken.None);
        _rig.Until(() => _log.Has(LogLevel.Information, "Configuration re-read"), "the reload to be carried out");
        if (!waits)
        {
            RunCommand(task);
        }
    }

    /// <summary>The clients of a file as the engine gets them, with secrets of its own.</summary>
    private ClientDefinition[] Define(IEnumerable<ModelDefinition> file) =>
    [
        .. file.Select(d => new ClientDefinition
        {
            Name = d.Name, Settings = d.Settings, Enabled = d.Enabled, Secret = NewCopy(d.Secret),
        }),
    ];

    private Secret NewCopy(string text)
    {
        var secret = new Secret(Encoding.ASCII.GetBytes(text));
        _secrets.Add(secret);
        return secret;
    }

    // Restarts

    private void Restart()
    {
        if (_random.Next(2) == 0)
        {
            StopInOrder();
        }
        else
        {
            Did("crash");
            _rig.Engine.Dispose();
            foreach (ModelConnection x in _model.Connections)
            {
                x.Peer.GoAway();
            }
        }

        Dictionary<string, ModelRecord> saved = [];
        foreach (string name in _names)
        {
            StoredClient? stored = _rig.Store[name];
            List<(long At, ModelRecord? Record)> history = _history[name];
            int found = history.FindLastIndex(version => Matches(stored, version.Record));
            Assert.True(
                found >= 0,
                $"what is saved of {name} is none of its {history.Count} last states: {stored} / {history[^1].Record}");
            ModelRecord? record = history[found].Record;
            _history[name] = [(long.MinValue, record)];
            if (record is not null)
            {
                saved[name] = record with { SavedAt = stored!.SavedAt, DeniedUntil = stored.DeniedUntil };
            }
        }

        Assert.All(_rig.Store.Durable, stored => Assert.DoesNotContain(SecretMark, stored.ToString()!, StringComparison.Ordinal));
        IReadOnlyList<StoredClient> durable = _rig.Store.Durable;
        int downTime = _random.Next(3) switch { 0 => 0, 1 => _random.Next(1, 60_000), _ => _random.Next(1, 2_000_000) };
        _clock.Advance(TimeSpan.FromMilliseconds(downTime));
        _model.Now += downTime;
        if (_random.Next(10) == 0)
        {
            _model.WallOffset = _clock.WallOffset = TimeSpan.FromDays(_random.Next(-20_000, 20_000));
        }

        _storeFails = _storeHangs = false;
        _healthySince = long.MinValue / 2;
        bool restore = _random.Next(8) > 0;
        Did($"start after {downTime} ms, restore {restore}, wall offset {_clock.WallOffset}");
        Start(restore, saved, durable);
    }

    private void Start(bool restore, Dictionary<string, ModelRecord> saved, IReadOnlyList<StoredClient>? durable = null)
    {
        // Not zero: the first check would come before the subscription to events.
        double firstCheck = _random.Next(1, 1000) / 1000.0;
        _rig = new EngineRig
        {
            Clock = _clock,
            Log = _log,
            Store = new FakeStore(durable),
            FirstCheck = firstCheck,
            Checker = new FakeChecker { KeepsPrepared = false },
            Options = new EngineOptions { Restore = restore, MaxRequestsPerClient = ModelServer.MaxRequestsPerClient },
        };
        foreach ((string name, CheckPlan plan) in _plans)
        {
            _rig.Checker[name] = plan;
        }

        _secrets.Clear();
        _model.Start(_file.Values, saved, restore, firstCheck);
        _rig.Start(Define(_file.Values));
        _mirror.Clear();
        _heard.Clear();
        _heardNotFound = 0;
        foreach (ClientSnapshot client in _rig.Events.Clients)
        {
            _mirror[client.Name] = client;
        }

        foreach (string name in _names)
        {
            _heard[name] = new ModelCounts();
            NoteState(name);
        }

        _model.Fire();
        Settle();
    }

    private void StopInOrder()
    {
        Did("stop in order");
        bool healthy = !_storeFails && !_storeHangs;
        Task stop = _rig.Engine.StopAsync(CancellationToken.None);
        _rig.Until(() => stop.IsCompleted || IsWaitingAtStop(), "the stop to end or to wait");
        while (!stop.IsCompleted)
        {
            // A check that does not die or a save that hangs: the stop goes on without.
            _clock.Advance(TimeSpan.FromSeconds(1));
            _model.Now += 1000;
            _rig.Until(() => stop.IsCompleted || IsWaitingAtStop(), "the stop to end or to wait");
        }

        stop.GetAwaiter().GetResult();
        ReadEvents();
        Assert.True(_rig.Events.Events.Completion.IsCompletedSuccessfully, "the events did not end");
        Assert.All(_model.Connections, static x => Assert.True(x.Peer.IsDisposed, "a connection outlived the stop"));
        Assert.Empty(_rig.Engine.Parts.Connections.Table.All);
        _secrets.AddRange(_rig.Engine.Parts.Clients.All.Select(static client => client.Secret));
        _rig.Engine.Dispose();
        Assert.All(_secrets, static secret => Assert.Equal(-1, secret.Memory.Span.IndexOfAnyExcept((byte)0)));
        if (healthy)
        {
            foreach (List<(long, ModelRecord?)> history in _history.Values)
            {
                history.RemoveRange(0, history.Count - 1);
            }
        }
    }

    /// <summary>Whether the stop waits for what takes the time of its own clock; a save that does not hang takes none.</summary>
    private bool IsWaitingAtStop()
        => _rig.Engine.Parts.Connections.Table.All.Count == 0
            && (_rig.Store.IsHanging
                || (!_rig.Engine.Parts.Keeper.IsSaving && _names.Any(name => _rig.Checker.RunningOf(name).Count > 0)));

    // Comparison

    private void Settle()
    {
        string? difference = null;
        try
        {
            _rig.Until(() => (difference = Difference()) is null, "the engine to be as the model");
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"engine and model differ: {difference}");
        }

        SecretsGot += _model.Connections.Count(static x => x.Phase == ModelPhase.Ended && x.Got is not null);
        _model.Connections.RemoveAll(static x => x.Phase == ModelPhase.Ended);
        foreach ((string name, ModelClient client) in _model.Clients)
        {
            Note(name, client.ToRecord());
        }

        ForgetWhatMustBeSaved();
        Assert.True(_rig.Checker.MostAtOnce <= 1, "two checks of one client at once");
        Assert.False(_rig.Store.Overlapped, "two saves at once");
        CheckLog();
    }

    private string? Difference()
    {
        ReadEvents();
        foreach (string name in _names)
        {
            if (Difference(name) is { } difference)
            {
                return $"{name}: {difference}";
            }
        }

        int alive = 0;
        foreach (ModelConnection x in _model.Connections)
        {
            alive += x.Phase == ModelPhase.Ended ? 0 : 1;
            if (Difference(x) is { } difference)
            {
                return $"connection {x.Peer.Number} of {x.Key}, {x.Phase}: {difference}";
            }
        }

        return _rig.Engine.Parts.Connections.Table.All.Count != alive ? $"{_rig.Engine.Parts.Connections.Table.All.Count} connections instead of {alive}"
            : _heardNotFound != _model.NotFound ? $"{_heardNotFound} not found instead of {_model.NotFound}"
            : _rig.Engine.Parts.Keeper.IsSaving && !_rig.Store.IsHanging ? "still saving"
            : null;
    }

    private string? Difference(ModelConnection x)
    {
        FakePeer p = x.Peer;
        bool asExpected = x.Phase switch
        {
            ModelPhase.FirstLine => p.Bytes.IsReadPending && !p.IsDisposed && !p.SendIsShutDown,
            ModelPhase.Handshake => p.InHandshake,
            ModelPhase.Held => p.InWait,
            ModelPhase.Sending => p.InWrite,
            ModelPhase.Closing or ModelPhase.Refused => p.SendIsShutDown && p.Bytes.IsReadPending && !p.IsDisposed,
            _ => p.IsDisposed,
        };
        string? got = p.Received is { } bytes ? Encoding.ASCII.GetString(bytes) : null;
        int records = x.Phase is ModelPhase.Closing or ModelPhase.Refused or ModelPhase.Ended ? 1 : 0;
        return !asExpected ? "is elsewhere"
            : got != x.Got ? $"got {got} instead of {x.Got}"
            : _rig.Audit.Of(p).Count() != records ? $"{_rig.Audit.Of(p).Count()} audit records instead of {records}"
            : records == 1 && (_rig.Audit.Of(p).Single().Decision == "sent") != (got is not null) ? "a false audit record"
            : null;
    }

    private string? Difference(string name)
    {
        ModelClient? m = _model.Clients.GetValueOrDefault(name);
        if (!_rig.Engine.Parts.Clients.TryGet(name, out Client? client) || m is null)
        {
            return client is null && m is null ? null : $"is {(m is null ? "there" : "not there")}";
        }

        ClientSnapshot s = client.Snapshot;
        bool runs = m.Check == ModelCheck.Running;
        return s.Settings != m.Settings ? $"settings {s.Settings} instead of {m.Settings}"
            : s.Enabled != m.Enabled ? $"enabled {s.Enabled}"
            : s.Created != m.Created ? $"created {s.Created:O} instead of {m.Created:O}"
            : s.LastEnabled != m.LastEnabled ? $"last enabled {s.LastEnabled:O} instead of {m.LastEnabled:O}"
            : s.Expires != m.Expires ? $"expires {s.Expires:O} instead of {m.Expires:O}"
            : s.LastCheckedOk != m.LastCheckedOk ? $"last checked ok {s.LastCheckedOk:O} instead of {m.LastCheckedOk:O}"
            : s.LastCheckerStatus != m.Status ? $"status {s.LastCheckerStatus} instead of {m.Status}"
            : s.LastApprovalRequest != m.LastApprovalRequest
                ? $"last request {s.LastApprovalRequest:O} instead of {m.LastApprovalRequest:O}"
            : s.ApprovalsPending != m.Pending ? $"pending {s.ApprovalsPending} instead of {m.Pending}"
            : !s.Requests.Select(static request => request.Peer).SequenceEqual(
                _model.WaitingFor(m).Select(static x => x.Peer.RemoteEndPoint))
                ? $"requests {string.Join(", ", s.Requests)}"
            : s.CheckerRunning != runs ? $"checker running {s.CheckerRunning}"
            : (client.Check is not null) != (m.Check != ModelCheck.None) ? $"check instead of {m.Check}"
            : _rig.Checker.CountRunning(name) != (runs || m.Dying > 0 ? 1 : 0) ? "running checks"
            : m.Check == ModelCheck.None && m.Dying == 0 && _rig.Engine.Parts.Checks.IsRunning(name) ? "last check has not ended"
            : _heard[name] != m.Counts ? $"heard {_heard[name]} instead of {m.Counts}"
            : _mirror[name] != s && Normal(_mirror[name]) != Normal(s) ? $"from the events {_mirror[name]} instead of {s}"
            : null;

        // Of the number of pending approvals, events tell only whether it is zero; of what a file alone can set they tell nothing.
        static ClientSnapshot Normal(ClientSnapshot state) => state with
        {
            ApprovalsPending = Math.Sign(state.ApprovalsPending),
            Settings = state.Settings with { ApproveAll = false },
        };
    }

    private void ReadEvents()
    {
        while (_rig.Events.Events.TryRead(out ServerEvent? e))
        {
            if (e is ClientNotFound)
            {
                _heardNotFound++;
            }

            if (e is not ClientEvent { Client: var client })
            {
                continue;
            }

            ModelCounts heard = _heard[client.Name];
            switch (e)
            {
                case ClientAdded:
                    _mirror[client.Name] = client;
                    _heard[client.Name] = new ModelCounts();
                    break;
                case ClientPropertyChanged change:
                    _mirror[client.Name] = Copy(_mirror[client.Name], client, change.Property);
                    break;
                case CheckerStarted:
                    heard.Started++;
                    break;
                case CheckerCompleted:
                    heard.Completed++;
                    break;
                case GotSecret:
                    heard.GotSecret++;
                    break;
                case NeedApproval:
                    heard.NeedApproval++;
                    break;
                case ConflictingRequests:
                    heard.Conflicts++;
                    break;
                case Rejected { Reason: RejectionReason.Disabled }:
                    heard.Disabled++;
                    break;
                case Rejected { Reason: RejectionReason.Denied }:
                    heard.Denied++;
                    break;
                case Rejected:
                    heard.TimedOut++;
                    break;
            }
        }
    }

    private static ClientSnapshot Copy(ClientSnapshot to, ClientSnapshot from, ClientProperty property) => property.Name switch
    {
        nameof(ClientProperty.Enabled) => to with { Enabled = from.Enabled },
        nameof(ClientProperty.LastEnabled) => to with { LastEnabled = from.LastEnabled },
        nameof(ClientProperty.Expires) => to with { Expires = from.Expires },
        nameof(ClientProperty.LastCheckedOk) => to with { LastCheckedOk = from.LastCheckedOk },
        nameof(ClientProperty.LastCheckerStatus) => to with { LastCheckerStatus = from.LastCheckerStatus },
        nameof(ClientProperty.LastApprovalRequest) => to with { LastApprovalRequest = from.LastApprovalRequest },
        nameof(ClientProperty.ApprovalPending) => to with { ApprovalsPending = from.ApprovalsPending },
        nameof(ClientProperty.CheckerRunning) => to with { CheckerRunning = from.CheckerRunning },
        nameof(ClientProperty.Requests) => to with { Requests = from.Requests },
        _ => property is ClientSetting setting ? to with { Settings = setting.Copy(from.Settings, to.Settings) } : to,
    };

    private void CheckLog()
    {
        foreach ((LogLevel level, string text) in _log.Lines)
        {
            Assert.DoesNotContain(SecretMark, text, StringComparison.Ordinal);
            Assert.True(level < LogLevel.Critical, text);
        }

        _log.Clear();
    }

    // What must be saved

    private void NoteState(string name) => Note(name, _model.Clients.TryGetValue(name, out ModelClient? c) ? c.ToRecord()
        : _model.Absent.TryGetValue(name, out ModelRecord? record) ? record ?? _history[name][^1].Record
        : null);

    private void Note(string name, ModelRecord? record)
    {
        record = record?.ToCertain();
        List<(long At, ModelRecord? Record)> history = _history[name];
        if (history[^1].Record != record)
        {
            history.Add((_model.Now, record));
        }
    }

    private void ForgetWhatMustBeSaved()
    {
        if (_storeFails || _storeHangs || _model.Now - _healthySince < RetryTime)
        {
            return;
        }

        foreach (List<(long At, ModelRecord? Record)> history in _history.Values)
        {
            while (history.Count > 1 && history[1].At <= _model.Now - SaveTime)
            {
                history.RemoveAt(0);
            }
        }
    }

    private static bool Matches(StoredClient? stored, ModelRecord? record)
    {
        if (stored is null || record is null)
        {
            return stored is null && record is null;
        }

        if (stored.FileSettings != record.File.Settings || stored.FileEnabled != record.File.Enabled || stored.LeftAt != record.LeftAt)
        {
            return false;
        }

        if (stored.Client is not { } s || record.Settings is null)
        {
            return stored.Client is null && record.Settings is null && stored.EncryptedSecret.IsEmpty;
        }

        return s.Settings == record.Settings && s.Enabled == record.Enabled && s.Created == record.Created
            && s.LastEnabled == record.LastEnabled && s.Expires == record.Expires && s.LastCheckedOk == record.LastCheckedOk
            && s.LastCheckerStatus == record.Status && s.LastApprovalRequest == record.LastApprovalRequest
            && SecretOf(stored, record.File.Secret) == record.Secret;
    }

    private static string? SecretOf(StoredClient stored, string fileSecret)
    {
        if (stored.EncryptedSecret.IsEmpty)
        {
            return fileSecret;
        }

        using var key = new Secret(Encoding.ASCII.GetBytes(fileSecret));
        using Secret? secret = SecretCipher.TryDecrypt(key, stored.Name, stored.EncryptedSecret.Span);
        return secret is null ? null : Encoding.ASCII.GetString(secret.Memory.Span);
    }

    // Random things

    private ModelDefinition RandomDefinition(string name)
        => new(name, RandomSettings(name, new ClientSettings()), _random.Next(4) > 0, NewSecret());

    private ClientSettings RandomSettings(string name, ClientSettings old)
    {
        (_, Func<ClientSettings, ClientSettings> apply) = RandomChange();
        return apply(old) with
        {
            KeyId = name == LegacyName ? null : EngineRig.KeyId(name),
            Fingerprint = name == LegacyName ? Fingerprint(name) : null,
            ApproveAll = _random.Next(4) == 0,
        };
    }

    /// <summary>A change for the engine, and the same as the model has it.</summary>
    private (ClientChange Change, Func<ClientSettings, ClientSettings> Apply) RandomChange()
    {
        ClientChange change = ClientChange.None;
        List<Func<ClientSettings, ClientSettings>> steps = [];
        Text(ClientSetting.Host, "host", static (s, v) => s with { Host = v });
        Text(ClientSetting.Checker, "checker", static (s, v) => s with { Checker = v });
        Text(ClientSetting.Location, "place", static (s, v) => s with { Location = v });
        Duration(ClientSetting.Timeout, _timeouts, static (s, v) => s with { Timeout = v });
        Duration(ClientSetting.ExtendedTimeout, _extended, static (s, v) => s with { ExtendedTimeout = v });
        Duration(ClientSetting.Interval, _intervals, static (s, v) => s with { Interval = v });
        Duration(ClientSetting.ApprovalDelay, _delays, static (s, v) => s with { ApprovalDelay = v });
        Duration(ClientSetting.ApprovalDuration, _durations, static (s, v) => s with { ApprovalDuration = v });
        if (_random.Next(4) == 0)
        {
            Set(ClientSetting.ApprovedByDefault, _random.Next(2) == 0, static (s, v) => s with { ApprovedByDefault = v });
        }

        return (change, settings => steps.Aggregate(settings, static (result, step) => step(result)));

        void Text(ClientSetting<string> setting, string value, Func<ClientSettings, string, ClientSettings> with)
        {
            if (_random.Next(6) == 0)
            {
                Set(setting, value + _random.Next(3), with);
            }
        }

        void Duration(ClientSetting<TimeSpan> setting, int[] values, Func<ClientSettings, TimeSpan, ClientSettings> with)
        {
            if (_random.Next(3) == 0)
            {
                Set(setting, TimeSpan.FromMilliseconds(Pick(values)), with);
            }
        }

        void Set<T>(ClientSetting<T> setting, T value, Func<ClientSettings, T, ClientSettings> with)
            where T : notnull
        {
            change = change.With(setting, value);
            steps.Add(settings => with(settings, value));
        }
    }

    private static void SetHandshake(ModelConnection x)
    {
        if (x.HandshakeSucceeds == true)
        {
            x.Peer.Authenticate(
                x.Key is null ? (x.Peer.Number % 2 == 0 ? "" : "some key") : EngineRig.PublicKey(x.Key),
                x.Key == LegacyName ? PeerKeyType.OpenPgp : PeerKeyType.RawPublicKey);
        }
        else if (x.HandshakeSucceeds == false)
        {
            x.Peer.Handshake.TrySetException(new TlsHandshakeException("bad certificate"));
        }
    }

    private static void SetWrite(ModelConnection x)
    {
        if (x.WriteSucceeds == true)
        {
            x.Peer.TakeSecret();
        }
        else if (x.WriteSucceeds == false)
        {
            x.Peer.Write.TrySetException(new IOException("reset"));
        }
    }

    private static string Fingerprint(string name)
    {
        byte[] key = Encoding.UTF8.GetBytes(EngineRig.PublicKey(name));
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)key.Length);
#pragma warning disable CA5350 // RFC 4880
        return Convert.ToHexString(SHA1.HashData([0x99, .. length, .. key]));
#pragma warning restore CA5350
    }

    private string NewSecret() => $"{SecretMark}-{_seed}-{_secretCount++}";

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private void Did(string what)
    {
        string kind = char.IsDigit(what[0]) ? "time" : what.Split(' ', ':')[0];
        Tally[kind] = Tally.GetValueOrDefault(kind) + 1;
        _steps.Enqueue($"{_model.Now,12} {what}");
        if (_steps.Count > 60)
        {
            _steps.Dequeue();
        }
    }
}
