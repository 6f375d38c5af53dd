using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TlsBouncy.WarmingUp;

/// <summary>The peer's side of TLS 1.3 with a raw public key.</summary>
internal sealed class RehearsalServer(BcTlsCrypto crypto, RehearsalKey key) : AbstractTlsServer(crypto)
{
    public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(m_context),
        crypto,
        key.PrivateKey,
        new Certificate(
            CertificateType.RawPublicKey, [], [new CertificateEntry(PeerCertificate.OfRawKey(key.PublicKey), null)]),
        SignatureScheme.GetSignatureAndHashAlgorithm(key.SignatureScheme));

    protected override ProtocolVersion[] GetSupportedVersions() => [ProtocolVersion.TLSv13];

    protected override int[] GetSupportedCipherSuites() => [CipherSuite.TLS_AES_256_GCM_SHA384];
}
