using Mandos.Abstractions.Sharing;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Model;
using Mandos.Engine.Tests.Support;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Tests.Sharing;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>
/// A random life of several servers at one store: clients ask, people command, threads and servers stall, calls and answers are late or
/// lost, servers crash, the store's primary is replaced, and each clock runs at a rate of its own. After each step nothing may have
/// happened that must never, and now and then all is well for a while, and then each client gets what it is entitled to.
/// </summary>
internal sealed class SharedRun : IDisposable
{
    /// <summary>The client that gets its secret only if a person approves.</summary>
    private const string ByHand = "c2";

    private static readonly string[] _clients = ["c0", "c1", ByHand];
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _denial = TimeSpan.FromSeconds(20);
    private static readonly int[] _waits = [1, 5, 20, 60, 130, 210, 400, 900, 1500, 3000];

    private readonly int _seed;
    private readonly StoreFault _fault;

    /// <summary>
    /// Whether servers may start while the store cannot be reached. Part of what they do then goes on on threads of the pool, so such a life differs
    /// each time.
    /// </summary>
    private readonly bool _startsLate;
    private readonly Random _random;
    private readonly TestClock _storeClock = new();
    private readonly ContractContext _context;
    private readonly CommitLog _log;
    private readonly List<Machine> _machines = [];
    private readonly List<FaultyStore> _dead = [];
    private readonly Queue<string> _steps = new();

    public SharedRun(int seed, StoreFault fault)
    {
        (_seed, _fault, _random, _startsLate) = (seed, fault, new Random(seed), seed % 8 == 0);
        _context = new ContractContext { TimeProvider = _storeClock };
        _log = new CommitLog(Keep);
    }

    /// <summary>Steps that were made.</summary>
    public int Steps { get; private set; }

    public CommitLog Log => _log;

    /// <summary>Kinds of steps that were made.</summary>
    public Dictionary<string, int> Tally { get; } = [];

    private TimeSpan Now => _storeClock.GetElapsedTime(0);

    private SharedTruth Truth => SharedPlace.Of(_context).Truth;

    /// <summary>Lives for a number of steps.</summary>
    /// <exception cref="ModelMismatchException">Something happened that must not.</exception>
    public void Run(int steps)
    {
        try
        {
            for (int i = _random.Next(2, 4); i > 0; i--)
            {
                Start(Guid.NewGuid(), $"s{i}");
            }

            Pass(SharedStateTiming.Acknowledgement);
            while (Steps < steps)
            {
                Steps++;
                Step();
                _log.Require(_log.Fault is null, _log.Fault ?? "");
            }
        }
        catch (Exception e)
        {
            throw new ModelMismatchException(
                string.Join(Environment.NewLine, [$"seed {_seed}, step {Steps}: {e.Message}", "last steps:", .. _steps]), e);
        }
    }

    public void Dispose()
    {
        foreach (Machine machine in _machines)
        {
            machine.Dispose();
        }

        _context.Dispose();
    }

    private void Start(Guid id, string name, bool isCutOff = false)
    {
        // Two clocks differ by at most one part in 24.
        double rate = 1 + ((_random.NextDouble() - 0.5) / 25);
        var store = new FaultyStore(_context, name, _log, _fault, _random) { IsCutOff = isCutOff };
        _machines.Add(new Machine(id, name, rate, store, _log, _clients.Select(client => EngineRig.Define(client, settings => settings with
        {
            Timeout = _timeout,
            ExtendedTimeout = _timeout,
            Interval = TimeSpan.FromDays(1),
            ApprovalDuration = _denial,
            ApprovalDelay = client == ByHand ? TimeSpan.FromSeconds(5) : TimeSpan.Zero,
            ApprovedByDefault = client != ByHand,
        }))));
        RunLoops();
    }

    private void Step()
    {
        Machine machine = _machines[_random.Next(_machines.Count)];
        string client = _clients[_random.Next(_clients.Length)];
        switch (_random.Next(100))
        {
            case < 34:
                Note("time");
                Pass(TimeSpan.FromMilliseconds(_waits[_random.Next(_waits.Length)]));
                break;
            case < 49 when IsRunning(machine):
                Note("ask", machine, client);
                Ask(machine, client);

                break;
            case < 75 when machine.Sendings.Count > 0 && IsRunning(machine):
                Note("send", machine);
                machine.Step(machine.Sendings[_random.Next(machine.Sendings.Count)], Now);
                break;
            case < 84 when machine.Store.UnderwayCount > 0:
                Note("network", machine);
                machine.Store.Step(isLost: _random.Next(6) == 0);
                break;
            case < 93 when IsRunning(machine):
                Command(machine, client);
                break;
            case < 99:
                Fail(machine);
                break;
            default:
                if (_random.Next(4) == 0)
                {
                    Calm();
                }
                else
                {
                    Ordeal(machine, client);
                }

                break;
        }

        RunLoops();
    }

    private void Command(Machine machine, string client)
    {
        switch (_random.Next(13))
        {
            case < 3:
                Note("disable", machine, client);
                Give(machine, AuditCommand.Disable, client, machine.Parts.Transitions.Disable, GivenKind.Disable);
                break;
            case < 8:
                Note("enable", machine, client);
                Give(machine, AuditCommand.Enable, client, machine.Parts.Transitions.Enable, GivenKind.Enable);
                break;
            case 8:
                Note("alive", machine, client);
                Give(machine, AuditCommand.MarkCheckedOk, client, machine.Parts.Transitions.MarkCheckedOk);
                break;
            case 9:
                Note("change", machine, client);
                TimeSpan timeout = TimeSpan.FromSeconds(_random.Next(5, 100));
                Give(machine, AuditCommand.Change, client, one => machine.Parts.Transitions.Change(one, one.Settings with { Timeout = timeout }));
                break;
            case 10 when _random.Next(20) == 0:
                Note("remove", machine, client);
                Give(machine, AuditCommand.Remove, client, machine.Parts.Commands.Remove, GivenKind.Remove);
                break;
            case 10:
                Note("secret", machine, client);
                byte[] secret = [(byte)_random.Next(256), 1, 2, 3];
                Give(machine, AuditCommand.SetSecret, client, one => machine.Parts.Transitions.SetSecret(one, new Secret(secret)));
                break;
            case 11:
                Note("approve", machine, client);
                Give(machine, AuditCommand.Approve, client, one => machine.Parts.Approvals.Approve(one, true), GivenKind.Approve);
                break;
            default:
                Note("deny", machine, client);
                Give(machine, AuditCommand.Deny, client, one => machine.Parts.Approvals.Approve(one, false), GivenKind.Deny);
                break;
        }
    }

    private void Give(Machine machine, AuditCommand command, string client, Action<Client> carryOut, GivenKind? kind = null)
    {
        (long revision, TimeSpan now) = (Truth.Revision, Now);
        CommitLog.Given? given = kind is { } which ? _log.Give(machine.Store, client, which, machine.KnownRevision(client), now) : null;
        machine.Give(command, client, carryOut, kind switch
        {
            GivenKind.Disable or GivenKind.Remove => () => _log.Acknowledge(client, given!, revision),
            GivenKind.Deny => () => _log.AcknowledgeDenial(client, given!, revision, now + _denial - TimeSpan.FromSeconds(2), Now), // clocks differ
            _ => null,
        });
    }

    /// <summary>Has a client ask, and the answer go some steps on.</summary>
    private void Ask(Machine machine, string client)
    {
        if (machine.Sendings.Count < 6 && machine.Ask(client) is { } sending)
        {
            for (int i = _random.Next(4); i > 0 && machine.Step(sending, Now); i--)
            {
                RunLoops();
            }
        }
    }

    /// <summary>One server is in trouble when a client that asks it is disabled or denied at another, until that is acknowledged and longer.</summary>
    private void Ordeal(Machine victim, string client)
    {
        Machine[] others = [.. _machines.Where(machine => machine.Id != victim.Id && IsRunning(machine))];
        if (others.Length == 0)
        {
            return;
        }

        Note("ordeal", victim, client);
        Machine other = others[_random.Next(others.Length)];
        if (_random.Next(4) > 0)
        {
            foreach (Machine well in new[] { victim, other })
            {
                (well.Store.IsSlow, well.Store.IsCutOff) = (false, false);
            }

            Give(other, AuditCommand.Enable, client, other.Parts.Transitions.Enable, GivenKind.Enable);
            Pass(TimeSpan.FromMilliseconds(_random.Next(3000)));
        }

        bool isLater = _random.Next(2) == 0;
        if (!isLater)
        {
            Trouble(victim);
        }

        Pass(TimeSpan.FromMilliseconds(_random.Next(1200)));
        if (_random.Next(4) == 0)
        {
            Give(other, AuditCommand.Deny, client, one => other.Parts.Approvals.Approve(one, false), GivenKind.Deny);
        }
        else
        {
            Give(other, AuditCommand.Disable, client, other.Parts.Transitions.Disable, GivenKind.Disable);
        }

        if (isLater)
        {
            Trouble(victim);
        }

        for (TimeSpan end = Now + TimeSpan.FromSeconds(18); Now < end;)
        {
            Pass(TimeSpan.FromMilliseconds(_random.Next(10, 1500)));
            if (IsRunning(victim))
            {
                Ask(victim, client);
                if (victim.Sendings.Count > 0 && _random.Next(2) == 0)
                {
                    victim.Step(victim.Sendings[_random.Next(victim.Sendings.Count)], Now);
                }
            }

            if (victim.Store.UnderwayCount > 0 && _random.Next(5) == 0)
            {
                victim.Store.Step(isLost: false);
            }
        }

        (victim.Store.IsSlow, victim.Store.IsCutOff) = (false, false);
    }

    private void Trouble(Machine victim)
    {
        switch (_random.Next(4))
        {
            case 0:
                victim.Store.IsCutOff = true;
                break;
            case 1:
                victim.StoppedUntil = Now + TimeSpan.FromMilliseconds(_random.Next(18_000));
                break;
            case 2 when !victim.IsAboutToWrite:
                victim.AsleepUntil = Now + TimeSpan.FromMilliseconds(_random.Next(18_000));
                break;
            default:
                victim.Store.IsSlow = true;
                break;
        }
    }

    private void Fail(Machine machine)
    {
        switch (_random.Next(20))
        {
            case < 3:
                Note("slow", machine);
                machine.Store.IsSlow = !machine.Store.IsSlow;
                break;
            case < 5:
                Note("cut off", machine);
                machine.Store.IsCutOff = true;
                break;
            case < 8:
                Note("mended", machine);
                (machine.Store.IsSlow, machine.Store.IsCutOff) = (false, false);
                break;
            case < 9 when !machine.IsAboutToWrite:
                Note("suspend", machine);
                machine.AsleepUntil = Now + TimeSpan.FromMilliseconds(_random.Next(20_000));
                break;
            case < 14:
                Note("stop", machine);
                machine.StoppedUntil = Now + TimeSpan.FromMilliseconds(_random.Next(20_000));
                break;
            case < 16:
                Note("crash", machine);
                Crash(machine);
                break;
            case < 17 when _machines.Count < 4:
                Note("twin", machine);
                Start(machine.Id, machine.Name + "'");
                break;
            case < 18:
                Note("replace");
                SharedPlace.Replace(_context);
                break;
            default:
                Note("hint", machine);
                if (IsRunning(machine))
                {
                    machine.Parts.Shared!.Hint();
                }

                break;
        }
    }

    /// <summary>Ends a server at once, and starts it again. What it has sent may reach the store still.</summary>
    private void Crash(Machine machine)
    {
        _machines.Remove(machine);
        machine.Dispose();
        _dead.Add(machine.Store);
        if (_dead.Count > 3)
        {
            _dead.RemoveAt(0);
        }

        Start(machine.Id, machine.Name, isCutOff: _startsLate && _random.Next(3) == 0);
    }

    /// <summary>All is well for a while: then every server gives each client that is entitled its secret, and no other.</summary>
    private void Calm()
    {
        Note("calm");
        foreach (FaultyStore store in _dead)
        {
            store.StepAll();
        }

        _dead.Clear();
        foreach (Machine fenced in _machines.Where(static machine => machine.IsFenced).ToArray())
        {
            _machines.Remove(fenced);
            fenced.Dispose();
        }

        foreach (Machine machine in _machines)
        {
            (machine.Store.IsCutOff, machine.Store.IsSlow, machine.AsleepUntil, machine.StoppedUntil) = (false, false, TimeSpan.Zero, TimeSpan.Zero);
            machine.Store.StepAll();
        }

        for (int i = 0; i < 80; i++)
        {
            Pass(TimeSpan.FromMilliseconds(100));
        }

        for (int i = 0; i < 1000 && _machines.Any(static machine => !machine.IsFenced && !machine.IsWhole); i++)
        {
            Sharing.SharedRig.LetPoolRun();
            Pass(TimeSpan.FromMilliseconds(100));
        }

        if (_startsLate)
        {
            Pass(2 * SharedStateTiming.SyncInterval); // whose place one of them has taken only now learns of it
        }

        foreach (Machine machine in _machines.Where(static machine => !machine.IsFenced))
        {
            foreach (string client in _clients)
            {
                Check(machine, client);
            }
        }
    }

    private void Check(Machine machine, string client)
    {
        for (int i = 0; i < 5 && !machine.IsUpToDate(client); i++)
        {
            Pass(SharedStateTiming.SyncInterval); // something was committed just now
        }

        SharedControl? control = Truth.Clients.GetValueOrDefault(client)?.Control;
        bool isEnabled = control is { Enabled: true, IsRemoved: false };
        bool isHere = machine.Parts.Clients.TryGet(client, out Client? here) && here.Snapshot.Enabled;
        _log.Require(
            isEnabled == isHere, $"L1: {client} is {isEnabled} in the store and {isHere} at {machine.Name}: {machine.Describe(client)}");
        TimeSpan? left = Truth.Liveness.GetValueOrDefault(client)?.Expiry - Now;
        if (isEnabled && (left < TimeSpan.FromSeconds(3) || control!.Verdict?.Left > Now || here?.Verdict == false))
        {
            // It is about to expire, or denied, perhaps a stall longer here than in the store.
            _log.Require(here?.VerdictEnd?.Due is not { } end || end - machine.Parts.Services.Clock.Now < 2 * _denial, $"L1: {client} is denied for too long");
            return;
        }

        if (client == ByHand)
        {
            Give(machine, AuditCommand.Approve, client, one => machine.Parts.Approvals.Approve(one, true), GivenKind.Approve);
            Pass(SharedStateTiming.SyncInterval);
        }

        Sending? sending = machine.Ask(client);
        for (int i = 0; i < 3 && sending is not null; i++)
        {
            bool goesOn = machine.Step(sending, Now);
            _log.Require(
                goesOn || i == 2, $"L1: {machine.Name} does not give {client} its secret, which it is to have: step {i}, {left} left: {machine.Describe(client)}");
        }

        _log.Require(isEnabled == sending is not null, $"L1: {client} is {isEnabled} in the store, and {machine.Name} treats it otherwise: {machine.Describe(client)}");
    }

    private bool IsRunning(Machine machine) => machine.IsRunning(Now);

    /// <summary>Lets time pass, in pieces in which no thread stalls for too long.</summary>
    private void Pass(TimeSpan time)
    {
        while (time > TimeSpan.Zero)
        {
            TimeSpan step = _machines.Select(static machine => machine.LongestStep).Append(time).Min();
            step = step < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : step;
            _storeClock.Advance(step);
            foreach (Machine machine in _machines)
            {
                machine.Pass(step, Now);
            }

            RunLoops();
            time -= step;
        }
    }

    private void RunLoops()
    {
        foreach (Machine machine in _machines)
        {
            machine.Run(Now);
        }
    }

    private void Note(string step, Machine? machine = null, string? client = null)
    {
        Tally[step] = Tally.GetValueOrDefault(step) + 1;
        Keep($"{step} {machine?.Name} {client}");
    }

    private void Keep(string step)
    {
        _steps.Enqueue($"{Steps} at {Now.TotalSeconds:F3}: {step}");
        if (_steps.Count > 150)
        {
            _steps.Dequeue();
        }
    }
}
