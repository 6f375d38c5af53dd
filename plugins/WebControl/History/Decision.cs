using System.Net;

namespace Mandos.WebControl.History;

/// <summary>What became of one connection that asked for a secret.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Client">Name of the client.</param>
/// <param name="ClientId">Its number.</param>
/// <param name="Address">Where the connection came from.</param>
/// <param name="Port">Its port.</param>
/// <param name="Outcome">What became of it, in a few words.</param>
/// <param name="Granted">Whether it got the secret.</param>
/// <param name="By">Who decided it over the web; null if nobody did.</param>
internal sealed record Decision(DateTimeOffset At, string Client, long ClientId, IPAddress Address, int Port, string Outcome, bool Granted, string? By);
