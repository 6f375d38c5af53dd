using Mandos.WebControl.Unix;

namespace Mandos.WebControl.Serving;

/// <summary>The feature of a request that came over a Unix socket.</summary>
/// <param name="Credentials">Whose program it is.</param>
internal sealed record UnixPeer(PeerCredentials Credentials);
