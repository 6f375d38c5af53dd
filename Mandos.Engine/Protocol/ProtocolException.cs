using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>A peer does not follow the protocol.</summary>
/// <param name="outcome">What the audit says.</param>
/// <param name="message">What the log says.</param>
internal sealed class ProtocolException(Outcome outcome, string message) : Exception(message)
{
    /// <summary>What the audit says.</summary>
    public Outcome Outcome => outcome;

    /// <summary>Whether the peer did nothing but connect, as a health checker does.</summary>
    public bool IsSilent { get; init; }
}
