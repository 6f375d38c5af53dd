using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>We refuse the peer. BouncyCastle sends the alert and passes the exception on.</summary>
/// <param name="alert">The alert for the peer (RFC 8446 section 6.2).</param>
/// <param name="reason">One line for our administrator: what the peer did, and what would be right.</param>
/// <param name="cause">What told us.</param>
internal sealed class PeerRefusedException(short alert, string reason, Exception? cause = null)
    : TlsFatalAlert(alert, reason, cause)
{
    /// <summary>One line for our administrator: what the peer did, and what would be right.</summary>
    public string Reason { get; } = reason;
}
