using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>A client's state at start.</summary>
/// <param name="State">Its visible state.</param>
/// <param name="TimeLeft">Time until it expires, if it is enabled.</param>
/// <param name="ExpiredBecause">Why it was disabled for having expired while the server was down; null if it was not.</param>
internal sealed record RestoredClient(ClientSnapshot State, TimeSpan TimeLeft, string? ExpiredBecause)
{
    /// <summary>How long its reboot is expected, if it is.</summary>
    public TimeSpan RebootLeft { get; init; }

    /// <summary>How long a rehearsal is expected, if it is.</summary>
    public TimeSpan RehearsalLeft { get; init; }
}
