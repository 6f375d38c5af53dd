namespace Mandos.Abstractions.Tls;

/// <summary>An implementation of TLS.</summary>
/// <remarks>
/// A word of a priority string that is unknown and begins with <c>+</c>, <c>-</c>, <c>!</c> or <c>%</c> is passed over, as a newer GnuTLS may
/// know it; <see cref="DescribePriority"/> names it.
/// </remarks>
public interface ITlsBackend : IDisposable
{
    /// <summary>Prepares handshakes under a priority string.</summary>
    /// <param name="priority">A priority string in GnuTLS's syntax.</param>
    /// <exception cref="PriorityStringException">The string is malformed, or no handshake can succeed under it.</exception>
    ITlsHandshaker CreateHandshaker(string priority);

    /// <summary>Says what handshakes under a priority string offer, for <c>mandos --show-priority</c>, and which of its words are unknown.</summary>
    /// <param name="priority">A priority string in GnuTLS's syntax.</param>
    /// <exception cref="PriorityStringException">The string is malformed, or no handshake can succeed under it.</exception>
    PriorityDescription DescribePriority(string priority);
}
