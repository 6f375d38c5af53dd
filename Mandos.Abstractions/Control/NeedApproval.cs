using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A connection waits for approval.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Request">The connection; it is among the client's <see cref="ClientSnapshot.Requests"/>.</param>
/// <param name="TimeLeft">How long it will wait.</param>
/// <param name="ApprovedByDefault">What happens if nobody decides in that time.</param>
public sealed record NeedApproval(ClientSnapshot Client, SecretRequest Request, TimeSpan TimeLeft, bool ApprovedByDefault)
    : ClientEvent(Client);
