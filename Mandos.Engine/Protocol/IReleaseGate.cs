using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Has to agree right before a secret is written, besides all others. Thread-safe.</summary>
/// <remarks>
/// One that fails, or takes longer than <see cref="ProtocolLimits.GateTime"/>, does not agree. When all have agreed, the engine looks again
/// whether the client may have its secret, because much may have happened meanwhile.
/// </remarks>
internal interface IReleaseGate
{
    /// <summary>Why the request is refused if it does not agree, for the audit.</summary>
    Outcome Refusal { get; }

    /// <summary>The same for the log, as the end of “refused its secret: …”.</summary>
    string Otherwise { get; }

    /// <summary>Asks it. It may wait, but holds no thread.</summary>
    /// <param name="connection">The connection that is to get the secret.</param>
    /// <param name="granted">Why it is to get it.</param>
    /// <param name="cancellationToken">Gives up: the connection is aborted, or the time is over.</param>
    Task<bool> AgreesAsync(Connection connection, Outcome granted, CancellationToken cancellationToken);

    /// <summary>Whether what it agreed to still holds, now that the engine has looked again. It answers at once.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="granted">Why it is to get the secret.</param>
    bool StillAgrees(Connection connection, Outcome granted) => true;

    /// <summary>Whether the secret may be written right now. It is asked before each write, and answers at once.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="granted">Why it gets the secret.</param>
    /// <param name="looked">When it agreed last, by the engine's monotonic clock.</param>
    bool MayWrite(Connection connection, Outcome granted, TimeSpan looked) => true;
}
