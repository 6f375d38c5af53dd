using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Sharing;

/// <summary>A request that waits for approval at one of the servers.</summary>
/// <param name="Server">Where it waits; what a server reports is its own, whatever stands here.</param>
/// <param name="Client">Whose secret it is for.</param>
/// <param name="Request">The request, whose number is that server's.</param>
/// <param name="Verdict">What a person has decided; null if nobody has. A server does not report it.</param>
public sealed record SharedRequest(Guid Server, string Client, SecretRequest Request, bool? Verdict = null);
