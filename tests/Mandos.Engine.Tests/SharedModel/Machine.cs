using Mandos.Abstractions.Sharing;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Protocol;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>One server: a real engine, its clock and its way to the store.</summary>
internal sealed class Machine : IDisposable
{
    private readonly CommitLog _log;
    private readonly ReleaseGates _gates;
    private readonly PhaseCounts _counts = new();
    private readonly FakePeer _peer = new();
    private readonly List<Command> _commands = [];
    private TimeSpan _asleep;

    public Machine(Guid id, string name, double rate, FaultyStore store, CommitLog log, IEnumerable<ClientDefinition> clients)
    {
        (Id, Name, Rate, Store, _log) = (id, name, rate, store, log);
        Rig = new EngineRig
        {
            SharedStore = store,
            Options = new EngineOptions { Server = new ServerIdentity(id, name), CallStore = static work => work(), SinceBoot = () => Now + _asleep },
        };
        Rig.Start([.. clients]);
        store.IsEnabledHere = client => Parts.Clients.TryGet(client, out Client? here) ? here.Snapshot.Enabled : null;
        _gates = new ReleaseGates(Parts.Services, [Parts.Shared!.Gate]);
    }

    public Guid Id { get; }

    public string Name { get; }

    /// <summary>How fast its clock runs.</summary>
    public double Rate { get; }

    public FaultyStore Store { get; }

    public EngineRig Rig { get; }

    public EngineParts Parts => Rig.Engine.Parts;

    /// <summary>Until when, of the true time, its loop does not run.</summary>
    public TimeSpan StoppedUntil { get; set; }

    public List<Sending> Sendings { get; } = [];

    /// <summary>Whether a thread was let write, and has not.</summary>
    public bool IsAboutToWrite => Sendings.Exists(static sending => sending.WritesBy is not null);

    /// <summary>Whether its loop runs.</summary>
    public bool IsRunning(TimeSpan now) => now >= StoppedUntil && now >= AsleepUntil;

    public bool IsFenced => Parts.Shared!.Fenced.IsCompleted;

    /// <summary>Whether it has synced, after a start without the store too.</summary>
    public bool IsWhole => Parts.Shared!.Keeper.IsReady;

    private TimeSpan Now => Rig.Clock.GetElapsedTime(0);

    /// <summary>Until when, of the true time, the machine is suspended: its monotonic clock stands still. No thread may be about to write then.</summary>
    public TimeSpan AsleepUntil { get; set; }

    /// <summary>Lets time pass. Threads that were let write have written by the end of their time.</summary>
    public void Pass(TimeSpan time, TimeSpan storeTime)
    {
        if (storeTime < AsleepUntil)
        {
            _asleep += time * Rate;
            return;
        }

        Rig.Clock.Advance(time * Rate);
        for (int i = Sendings.Count - 1; i >= 0; i--)
        {
            if (Sendings[i].WritesBy is { } by && Now + TimeSpan.FromMilliseconds(1) >= by)
            {
                Write(Sendings[i], storeTime);
            }
        }
    }

    /// <summary>How long until a thread has to write that was let, by its clock.</summary>
    public TimeSpan LongestStep => Sendings.Where(static sending => sending.WritesBy is not null)
        .Select(sending => (sending.WritesBy!.Value - Now) / Rate).DefaultIfEmpty(TimeSpan.MaxValue).Min();

    /// <summary>Runs its loop, and sees which commands have ended.</summary>
    public void Run(TimeSpan now)
    {
        if (!IsRunning(now))
        {
            return;
        }

        Parts.Services.Loop.RunPending();
        for (int i = _commands.Count - 1; i >= 0; i--)
        {
            if (_commands[i].Step(this))
            {
                _commands.RemoveAt(i);
            }
        }
    }

    /// <summary>Has a client ask for its secret.</summary>
    public Sending? Ask(string client)
    {
        var connection = new Connection(_peer, Parts.Services.Clock, _counts, static _ => { }) { ClientName = client };
        if (Parts.Approvals.Open(EngineRig.KeyId(client), _peer.RemoteEndPoint) is not { IsRefused: false } request)
        {
            return null;
        }

        connection.Request = request;
        (request.IsAtGates, request.OnAbort) = (true, connection.AbortSend);
        var sending = new Sending(connection, request);
        Sendings.Add(sending);
        return sending;
    }

    /// <summary>Has a sending go a step on, as <see cref="ConnectionHandler"/> does.</summary>
    /// <returns>Whether it goes on still.</returns>
    public bool Step(Sending sending, TimeSpan storeTime)
    {
        if (!sending.Request.Outcome.IsCompleted)
        {
            return true;
        }

        RequestOutcome outcome = sending.Request.Outcome.GetAwaiter().GetResult();
        if (!sending.IsConfirmed)
        {
            outcome.Secret?.Dispose();
            if (outcome.Secret is null || !Confirm(sending, outcome))
            {
                return End(sending, sent: false);
            }

            sending.IsConfirmed = true;
        }
        else if (sending.WritesBy is null)
        {
            try
            {
                _gates.ThrowIfLapsed(sending.Connection);
            }
            catch (IOException)
            {
                return End(sending, sent: false);
            }

            sending.WritesBy = Now + SharedStateTiming.LongestStall;
        }
        else
        {
            return Write(sending, storeTime);
        }

        return true;
    }

    /// <summary>Gives a command as <c>ClientCommands</c> does.</summary>
    /// <param name="command">Which.</param>
    /// <param name="name">Its client.</param>
    /// <param name="carryOut">Carries it out here.</param>
    /// <param name="acknowledged">Is called when it is acknowledged.</param>
    public void Give(AuditCommand command, string name, Action<Client> carryOut, Action? acknowledged)
    {
        if (!Parts.Clients.TryGet(name, out Client? client))
        {
            return;
        }

        carryOut(client);
        Parts.Keeper.Decided(command, name);
        Parts.Services.Loop.RunPending();
        _commands.Add(new Command(name, client.Granted?.Where(static request => request.IsAborted).ToArray() ?? [], acknowledged));
    }

    /// <summary>Whether it has taken up the last change of a client.</summary>
    public bool IsUpToDate(string client) => Store.RevisionOf(client) == Parts.Shared!.Keeper.EntryOf(client).Revision;

    /// <summary>The last change of a client that it knows. Until it has synced, it has what it loaded, without a number: what the store has then.</summary>
    public long KnownRevision(string client)
        => Parts.Shared!.Keeper.EntryOf(client).Revision is > 0 and var revision ? revision : Store.RevisionOf(client) ?? 0;

    /// <summary>What is known of a client here, for whoever reads of a failure.</summary>
    public string Describe(string client) => Parts.Shared!.Keeper.EntryOf(client) is var entry
        ? $"revision {entry.Revision}, enabled {entry.Base?.Enabled}, decided {entry.Decided}, sent {entry.Sent}, command {entry.Command is not null}, "
            + $"running {entry.IsRunning}, unknown since {entry.UnknownSince}, due {entry.IsDue}, unsettled {(entry.Local as Client)?.IsUnsettled}, "
            + $"verdict {(entry.Local as Client)?.Verdict} for {(entry.Local as Client)?.VerdictEnd?.Due - Parts.Services.Clock.Now}, the store's {entry.Base?.Verdict}, "
            + $"permission {Parts.Shared.Permission.Holds}, saving {Parts.Keeper.IsSaving}, the store has revision {Store.RevisionOf(client)}"
        : "";

    public void Dispose() => Rig.Dispose();

    private bool Confirm(Sending sending, RequestOutcome granted)
    {
        sending.Granted = granted.Outcome;
        if (Parts.Clients.FindByKey(sending.Request.Description.KeyId) is null && !sending.Request.Client.IsRemoved)
        {
            return false;
        }

        RequestOutcome outcome = Parts.Approvals.Confirm(sending.Request, granted.Outcome);
        outcome.Secret?.Dispose();
        return outcome.Secret is not null && _gates.LookAgain(sending.Connection, granted.Outcome) is null;
    }

    private bool Write(Sending sending, TimeSpan storeTime)
    {
        _log.Write(sending.Client, Name, !sending.Request.Client.Settings.ApprovedByDefault, storeTime);
        return End(sending, sent: true);
    }

    private bool End(Sending sending, bool sent)
    {
        Sendings.Remove(sending);
        Parts.Services.Loop.Post(() => Parts.Approvals.Finish(sending.Request, sent));
        return false;
    }

    /// <summary>A command that was carried out here and is not acknowledged.</summary>
    private sealed class Command(string name, OpenRequest[] brokenOff, Action? acknowledged)
    {
        private Task<string?>? _saved;

        /// <returns>Whether it has ended.</returns>
        public bool Step(Machine machine)
        {
            if (_saved is null)
            {
                if (brokenOff.Any(static request => request.IsGranted))
                {
                    return false;
                }

                _saved = machine.Parts.Keeper.FlushAsync(name);
            }

            if (!_saved.IsCompleted)
            {
                return false;
            }

            if (_saved.GetAwaiter().GetResult() is null)
            {
                acknowledged?.Invoke();
            }

            return true;
        }
    }
}
