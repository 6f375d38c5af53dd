using Mandos.Abstractions.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>Priority strings in GnuTLS's syntax.</summary>
internal static class PriorityString
{
    /// <summary>The default of the setting <c>priority</c>: TLS 1.3, raw public keys.</summary>
    public const string Default = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

    /// <summary>Reads a priority string.</summary>
    /// <param name="priority">The string, as in the setting <c>priority</c>.</param>
    /// <exception cref="PriorityStringException">It is malformed, or no handshake can succeed under it.</exception>
    public static HandshakePolicy Parse(string priority) => HandshakePolicy.From(PriorityParser.Parse(priority));
}
