using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TlsBouncy.WarmingUp;

/// <summary>The peer's side of TLS with a raw public key, in the best version that a policy allows.</summary>
internal sealed class RehearsalServer(BcTlsCrypto crypto, RehearsalKey key, HandshakePolicy policy) : AbstractTlsServer(crypto)
{
    public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(m_context),
        crypto,
        key.PrivateKey,
        new Certificate(
            CertificateType.RawPublicKey,
            TlsUtilities.IsTlsV13(m_context) ? [] : null,
            [new CertificateEntry(PeerCertificate.OfRawKey(key.PublicKey), null)]),
        TlsUtilities.IsTlsV12(m_context) ? SignatureScheme.GetSignatureAndHashAlgorithm(key.SignatureScheme) : null);

    public override int[] GetSupportedGroups() => policy.Groups;

    protected override ProtocolVersion[] GetSupportedVersions() => [policy.Versions[0]];

    protected override int[] GetSupportedCipherSuites() => key.CipherSuites;
}
