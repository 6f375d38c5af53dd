namespace Mandos.Abstractions.Sharing;

/// <summary>Approves or denies one request, wherever it waits.</summary>
/// <param name="Id">Tells it from all other commands, for ever.</param>
/// <param name="Server">Where the request waits.</param>
/// <param name="Request">Its number there.</param>
/// <param name="Approved">True to approve, false to deny.</param>
public sealed record RequestVerdict(Guid Id, Guid Server, long Request, bool Approved);
