using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TestPeers;

/// <summary>A TLS server that authenticates by a raw public key (RFC 7250), as a Mandos client is one.</summary>
public class RawKeyServer(PeerOptions options) : AbstractTlsServer(SharedCrypto)
{
    /// <summary>Shared by all peers; its random numbers come without a lock.</summary>
    public static BcTlsCrypto SharedCrypto { get; } = new(new SecureRandom(new CryptoApiRandomGenerator()));

    /// <summary>Whether the handshake is complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the other side has sent close_notify.</summary>
    public bool IsNotifiedOfClose { get; private set; }

    /// <summary>The alert that the other side has sent last; -1 if none.</summary>
    public short AlertReceived { get; private set; } = -1;

    /// <summary>What it presents as its certificate.</summary>
    protected virtual Certificate Certificate => new(
        CertificateType.RawPublicKey,
        [],
        [new CertificateEntry(new EncodedCertificate(options.Key.SubjectPublicKeyInfo.ToArray()), null)]);

    public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(m_context),
        SharedCrypto,
        options.Key.PrivateKey,
        Certificate,
        SignatureScheme.GetSignatureAndHashAlgorithm(options.Key.SignatureScheme));

    public override int[] GetSupportedGroups() => [.. options.Groups];

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        IsComplete = true;
    }

    public override void NotifyAlertReceived(short alertLevel, short alertDescription)
    {
        base.NotifyAlertReceived(alertLevel, alertDescription);
        AlertReceived = alertDescription;
        IsNotifiedOfClose |= alertDescription == AlertDescription.close_notify;
    }

    protected override ProtocolVersion[] GetSupportedVersions() => [.. options.Versions];

    protected override int[] GetSupportedCipherSuites() => [.. options.CipherSuites];
}
