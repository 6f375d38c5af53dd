using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TestKit.Peers;

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
        IsTls13 ? [] : null,
        [new CertificateEntry(new EncodedCertificate(options.Key.SubjectPublicKeyInfo.ToArray()), null)]);

    /// <summary>Whether that was agreed on.</summary>
    protected bool IsTls13 => TlsUtilities.IsTlsV13(m_context);

    /// <summary>How it signs; before TLS 1.2 that goes without saying.</summary>
    private SignatureAndHashAlgorithm? Signature => TlsUtilities.IsTlsV12(m_context)
        ? SignatureScheme.GetSignatureAndHashAlgorithm(options.Key.SignatureScheme)
        : null;

    public override TlsCredentials GetCredentials()
        => m_context.SecurityParameters.KeyExchangeAlgorithm == KeyExchangeAlgorithm.RSA
            ? new BcDefaultTlsCredentialedDecryptor(SharedCrypto, Certificate, options.Key.PrivateKey)
            : new BcDefaultTlsCredentialedSigner(
                new TlsCryptoParameters(m_context), SharedCrypto, options.Key.PrivateKey, Certificate, Signature);

    public override TlsDHConfig GetDHConfig() => options.Field is { } field ? new TlsDHConfig(field) : base.GetDHConfig();

    /// <summary>Its own first: for TLS up to 1.2 BouncyCastle would ask only what the other side prefers.</summary>
    public override TlsECConfig GetECDHConfig() => TlsEccUtilities.CreateNamedECConfig(
        m_context, options.Groups.Intersect(m_context.SecurityParameters.ClientSupportedGroups).First(NamedGroup.RefersToAnECDHCurve));

    public override bool ShouldUseExtendedMasterSecret() => options.HasExtendedMasterSecret;

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
