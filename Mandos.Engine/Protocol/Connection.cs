using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Protocol;

/// <summary>A connection as the <see cref="ConnectionTable"/> sees it.</summary>
#pragma warning disable CA1001 // Without a timer or a wait handle the source holds nothing, and disposing it would race with cancelling
internal sealed class Connection
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _abort = new();
    private readonly EngineClock _clock;
    private volatile PhaseStart _phase;

    /// <param name="peer">The connection itself.</param>
    /// <param name="clock">Measures the phases.</param>
    /// <param name="checkLimit">The action of <see cref="Limit"/>.</param>
    public Connection(IPeerConnection peer, EngineClock clock, Action<object> checkLimit)
    {
        (Peer, _clock) = (peer, clock);
        _phase = new PhaseStart(ConnectionPhase.FirstLine, clock.Now);
        Limit = new Deadline(checkLimit, this);
    }

    public IPeerConnection Peer { get; }

    public CancellationToken Aborted => _abort.Token;

    public ConnectionPhase Phase => _phase.Phase;

    /// <summary>Why it was aborted, for the log; null if it was not.</summary>
    public string? AbortReason { get; private set; }

    /// <summary>Looks whether the phase has lasted too long. It need not move with each phase. Owned by the engine loop.</summary>
    public Deadline Limit { get; }

    /// <summary>Its places among the connections that have not authenticated. Owned by the engine loop.</summary>
    public UnauthenticatedPlace? Place { get; set; }

    /// <summary>When the phase has lasted too long; null while the approval desk limits it.</summary>
    public TimeSpan? PhaseEnd
    {
        get
        {
            PhaseStart phase = _phase;
            TimeSpan? limit = phase.Phase switch
            {
                ConnectionPhase.FirstLine => ProtocolLimits.FirstLineTime,
                ConnectionPhase.Handshake => ProtocolLimits.HandshakeTime,
                ConnectionPhase.Held => null,
                ConnectionPhase.Closing => ProtocolLimits.CloseTime,
                _ => ProtocolLimits.SendTime,
            };
            return limit is { } time ? EngineClock.Add(phase.Start, time) : null;
        }
    }

    /// <summary>Goes on to the next phase. Called by the connection itself, on any thread.</summary>
    public void Enter(ConnectionPhase phase) => _phase = new PhaseStart(phase, _clock.Now);

    /// <summary>Ends it without waiting. Called on the engine loop.</summary>
    public void Abort(string reason)
    {
        AbortReason ??= reason;
        _ = _abort.CancelAsync(); // not Cancel: what it wakes must not run on the engine loop
    }

    private sealed record PhaseStart(ConnectionPhase Phase, TimeSpan Start);
}
