using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Protocol;

/// <summary>A connection as the <see cref="ConnectionTable"/> sees it.</summary>
#pragma warning disable CA1001 // Without a timer or a wait handle the source holds nothing, and disposing it would race with cancelling
internal sealed class Connection
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _abort = new();
    /// <summary>Value of <see cref="_counted"/> before and after the connection counts.</summary>
    private const int NotCounted = -1;
    private const int HasLeft = -2;

    private readonly EngineClock _clock;
    private readonly PhaseCounts _counts;

    /// <summary>The phase in which it is counted.</summary>
    private int _counted = NotCounted;
    private volatile PhaseStart _phase;
    private bool _hasEnded;
    private string? _auditId;

    /// <param name="peer">The connection itself.</param>
    /// <param name="clock">Measures the phases.</param>
    /// <param name="counts">Has it counted from <see cref="Count"/> to <see cref="Leave"/>.</param>
    /// <param name="checkLimit">The action of <see cref="Limit"/>.</param>
    public Connection(IPeerConnection peer, EngineClock clock, PhaseCounts counts, Action<object> checkLimit)
    {
        (Peer, _clock, _counts) = (peer, clock, counts);
        Sources = PeerSource.PathOf(peer.RemoteEndPoint.Address);
        Start = clock.Now;
        _phase = new PhaseStart(ConnectionPhase.Queued, Start);
        Limit = new Deadline(checkLimit, this);
    }

    public IPeerConnection Peer { get; }

    /// <summary>Where it comes from: the largest network first, the address last.</summary>
    public IReadOnlyList<PeerSource> Sources { get; }

    /// <summary>When it was taken in.</summary>
    public TimeSpan Start { get; }

    /// <summary>The key that the peer has proved to own; null before the handshake is done.</summary>
    public string? KeyId { get; set; }

    /// <summary>The client that has the key; null for none.</summary>
    public string? ClientName { get; set; }

    /// <summary>Its request for the client's secret; null before that is made. Owned by the engine loop.</summary>
    public OpenRequest? Request { get; set; }

    /// <summary>What release gates have agreed to; null before they have, and once the secret is out. Used by the connection itself.</summary>
    public SecretRelease? Release { get; set; }

    /// <summary>Whether log and audit tell of its end by itself, as a stranger's; null if that is not decided.</summary>
    public bool? IsToldOf { get; set; }

    /// <summary>By what its records in the audit are known to be its. Made when first needed.</summary>
    public string AuditId => Volatile.Read(ref _auditId) ?? Interlocked.CompareExchange(ref _auditId, AuditRecord.NewId(), null) ?? _auditId;

    public CancellationToken Aborted => _abort.Token;

    public ConnectionPhase Phase => _phase.Phase;

    /// <summary>Why it was aborted; null if it was not.</summary>
    public AbortCause? AbortCause { get; private set; }

    /// <summary>Looks whether the phase has lasted too long. It need not move with each phase. Owned by the engine loop.</summary>
    public Deadline Limit { get; }

    /// <summary>Its place among the connections of its address that have not authenticated; null once it has. Owned by the engine loop.</summary>
    public LinkedListNode<Connection>? Unauthenticated { get; set; }

    /// <summary>Its place among the connections that were refused; null while it is none. Owned by the engine loop.</summary>
    public LinkedListNode<Connection>? Refused { get; set; }

    /// <summary>When the phase has lasted too long; null while the approval desk limits it.</summary>
    public TimeSpan? PhaseEnd
    {
        get
        {
            PhaseStart phase = _phase;
            TimeSpan? limit = phase.Phase switch
            {
                ConnectionPhase.FirstLine => ProtocolLimits.FirstLineTime,
                ConnectionPhase.Queued => ProtocolLimits.AnswerTime,
                ConnectionPhase.Handshake => ProtocolLimits.HandshakeTime,
                ConnectionPhase.Held => null,
                ConnectionPhase.Refused => ProtocolLimits.RefusedTime,
                ConnectionPhase.Closing => ProtocolLimits.CloseTime,
                _ => ProtocolLimits.SendTime,
            };
            return limit is { } time ? EngineClock.Add(phase.Start, time) : null;
        }
    }

    /// <summary>Goes on to the next phase. Called by the connection itself, on any thread.</summary>
    public void Enter(ConnectionPhase phase)
    {
        _phase = new PhaseStart(phase, _clock.Now);
        if (Volatile.Read(ref _counted) != NotCounted)
        {
            CountIn((int)phase);
        }
    }

    /// <summary>Has it counted, as it is taken in.</summary>
    public void Count() => CountIn((int)ConnectionPhase.Queued);

    /// <summary>Has it not counted any more, whatever phase it still enters.</summary>
    public void Leave() => CountIn(HasLeft);

    /// <summary>Ends it without waiting. Called on the engine loop.</summary>
    /// <param name="reason">Why, for the audit.</param>
    /// <param name="text">Why, for the log.</param>
    public void Abort(Outcome reason, string text)
    {
        AbortCause ??= new AbortCause(reason, text);
        _ = _abort.CancelAsync(); // not Cancel: the code that it wakes must not run on the engine loop
    }

    /// <summary>
    /// Breaks off the secret that is on its way: the connection is closed under the writer, whether that heeds the token or not. Called
    /// on the engine loop.
    /// </summary>
    /// <param name="why">Why, for the log and the audit.</param>
    public void AbortSend(string why)
    {
        Abort(Outcome.SendAborted, why);
        ThreadPool.UnsafeQueueUserWorkItem(static peer => peer.Reset(), Peer, preferLocal: false); // closing a socket may wait for who uses it
    }

    /// <summary>Notes that it has come to an end of some kind, on any thread.</summary>
    /// <returns>Whether this is the first one.</returns>
    public bool TryEnd() => !Interlocked.Exchange(ref _hasEnded, true);

    private void CountIn(int phase)
    {
        int before = Volatile.Read(ref _counted);
        while (before != HasLeft)
        {
            int found = Interlocked.CompareExchange(ref _counted, phase, before);
            if (found == before)
            {
                Add(before, -1);
                Add(phase, 1);
                return;
            }

            before = found;
        }
    }

    private void Add(int phase, int count)
    {
        if (phase >= 0)
        {
            _counts.Add((ConnectionPhase)phase, count);
        }
    }

    private sealed record PhaseStart(ConnectionPhase Phase, TimeSpan Start);
}
