using System.Net;
using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>
/// A connection has begun to wait for approval while others wait for the same client from other addresses: perhaps somebody else has
/// the client's key.
/// </summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Addresses">The different addresses of <see cref="ClientSnapshot.Requests"/>; the new one is the last.</param>
public sealed record ConflictingRequests(ClientSnapshot Client, IReadOnlyList<IPAddress> Addresses) : ClientEvent(Client);
