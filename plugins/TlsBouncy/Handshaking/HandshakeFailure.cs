using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Says in one line why a handshake failed and what would be right.</summary>
internal static class HandshakeFailure
{
    private const string NeedsNewerClient = "mandos-client must be 1.8 or later and have a TLS key, with GnuTLS 3.6.6 or later";

    private const string NoClient = "it is no mandos-client, or faulty";

    /// <summary>Puts what BouncyCastle threw in words.</summary>
    public static TlsHandshakeException From(Exception cause) => new(cause switch
    {
        PeerRefusedException refused => refused.Reason,
        TlsFatalAlert { AlertDescription: AlertDescription.protocol_version } =>
            $"the peer does not speak TLS 1.3: {NeedsNewerClient}",
        TlsFatalAlert alert =>
            $"the peer does not follow TLS ({AlertDescription.GetName(alert.AlertDescription)}): {NoClient}",
        TlsFatalAlertReceived { AlertDescription: AlertDescription.protocol_version or AlertDescription.handshake_failure
            or AlertDescription.insufficient_security or AlertDescription.unsupported_certificate } alert =>
            $"the peer takes nothing of what we offer ({AlertDescription.GetName(alert.AlertDescription)}): {NeedsNewerClient}",
        TlsFatalAlertReceived alert =>
            $"the peer broke off with alert {AlertDescription.GetName(alert.AlertDescription)}: its own log should say why",
        _ => $"the peer sent what could not be processed ({cause.GetType().Name}): {NoClient}",
    }, cause);
}
