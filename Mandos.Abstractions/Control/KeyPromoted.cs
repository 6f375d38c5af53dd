using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>The client's next key took the place of its present one, which gets nothing any more.</summary>
/// <param name="Client">The client right after it, with its new key.</param>
/// <param name="RetiredKeyId">The key ID, or fingerprint, that it had.</param>
/// <param name="IsTried">Whether a check has succeeded after a boot with it; otherwise a person said so.</param>
public sealed record KeyPromoted(ClientSnapshot Client, string RetiredKeyId, bool IsTried) : ClientEvent(Client);
