using System.Net;

namespace Mandos.Abstractions.Clients;

/// <summary>A connection whose peer has proved to own a client's key: it asks for the client's secret.</summary>
/// <param name="Id">Tells it from all other requests while the server runs; later ones have larger numbers. At least 1.</param>
/// <param name="Peer">Address and port of the peer; IPv4 addresses are not in IPv6-mapped form.</param>
/// <param name="KeyId">The key ID, or the fingerprint of a legacy client, of the peer's key.</param>
/// <param name="Since">When the peer had proved to own it, and began to wait if it has to; in UTC.</param>
public sealed record SecretRequest(long Id, IPEndPoint Peer, string KeyId, DateTimeOffset Since);
