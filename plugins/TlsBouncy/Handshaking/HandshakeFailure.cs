using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Says in one line why a handshake failed and what would be right.</summary>
internal static class HandshakeFailure
{
    /// <summary>What a client must have for the default priority string.</summary>
    public const string NeedsNewerClient = "mandos-client must be 1.8 or later and have a TLS key, with GnuTLS 3.6.6 or later";

    /// <summary>What to say of X.509, which a peer also means if it agrees on no other type.</summary>
    public const string OffersX509 =
        "the peer offers only X.509: mandos-client must be 1.8 or later and have a TLS key, "
        + "or have an OpenPGP key where +CTYPE-OPENPGP stands in the priority string";

    /// <summary>What to think of a peer that does not follow TLS.</summary>
    public const string NoClient = "it is no mandos-client, or faulty";

    /// <summary>Puts what BouncyCastle threw in words.</summary>
    /// <param name="cause">What it threw.</param>
    /// <param name="policy">What we offered.</param>
    /// <param name="choice">What the peer chose of that; null if it had not answered.</param>
    public static TlsHandshakeException From(Exception cause, HandshakePolicy policy, PeerChoice? choice)
    {
        string where = choice is null ? "" : $" in {choice.Version} with {choice.CipherSuiteName}";
        return new(cause switch
        {
            PeerRefusedException refused => refused.Reason,
            TlsFatalAlert alert
                => $"the peer does not follow TLS ({AlertDescription.GetName(alert.AlertDescription)}{where}): {NoClient}",
            TlsFatalAlertReceived alert when choice is null && IsAboutOffer(alert.AlertDescription)
                => "the peer has no version, cipher suite, group, signature or type of key in common with us "
                + $"({AlertDescription.GetName(alert.AlertDescription)}); {Remedy(policy)}",
            TlsFatalAlertReceived alert
                => $"the peer broke off with alert {AlertDescription.GetName(alert.AlertDescription)}{where}: its own log should say why",
            EndOfStreamException => $"the peer does not follow TLS (a message ends too early{where}): {NoClient}",
            _ => $"the peer sent what could not be processed ({cause.GetType().Name}{where}): {NoClient}",
        }, cause);
    }

    private static bool IsAboutOffer(short alert) => alert is AlertDescription.protocol_version or AlertDescription.handshake_failure
        or AlertDescription.insufficient_security or AlertDescription.unsupported_certificate or AlertDescription.illegal_parameter
        or AlertDescription.internal_error;

    private static string Remedy(HandshakePolicy policy)
    {
        List<string> words = [];
        if (!policy.Versions.Contains(ProtocolVersion.TLSv12))
        {
            words.Add("+VERS-TLS1.2");
        }

        if (!policy.TakesOpenPgpKeys)
        {
            words.Add("+CTYPE-OPENPGP");
        }

        if (!policy.TakesRawKeys)
        {
            words.Add("+CTYPE-RAWPK");
        }

        string offered = $"we allow {string.Join(", ", policy.Description.Versions)} "
            + $"with {string.Join(", ", policy.Description.CertificateTypes)}";
        return words.Count == 0
            ? $"{offered}: compare mandos --show-priority with the priority string of mandos-client"
            : $"{offered}: {NeedsNewerClient}; for an older one, add {string.Join(':', words)} to the priority string";
    }
}
