using System.Security.Cryptography;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.OpenSsl;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>BouncyCastle's cryptography for all connections, with our own reading of keys, .NET's HMAC and OpenSSL's X25519.</summary>
/// <param name="useLibCrypto">Whether X25519 and X448 are OpenSSL's, at half the cost; else they are BouncyCastle's.</param>
internal class HandshakeCrypto(bool useLibCrypto) : BcTlsCrypto(_random)
{
    /// <summary>BouncyCastle's own random number generators take a lock; .NET's come from OpenSSL and do not.</summary>
    private static readonly SecureRandom _random = new(new CryptoApiRandomGenerator());

    /// <summary>The same for one handshake in which the peer may present an OpenPGP key.</summary>
    /// <param name="timeProvider">Tells which keys have expired.</param>
    public OpenPgpCrypto ForOpenPgp(TimeProvider timeProvider) => new(useLibCrypto, timeProvider);

    public override TlsECDomain CreateECDomain(TlsECConfig ecConfig) => ecConfig.NamedGroup switch
    {
        NamedGroup.x25519 when useLibCrypto => new MontgomeryDomain(this, MontgomeryCurve.X25519),
        NamedGroup.x448 when useLibCrypto => new MontgomeryDomain(this, MontgomeryCurve.X448),
        _ => base.CreateECDomain(ecConfig),
    };

    public override TlsDHDomain CreateDHDomain(TlsDHConfig dhConfig) => base.CreateDHDomain(DhGroups.WithShortExponents(dhConfig));

    public override TlsCertificate CreateCertificate(short type, byte[] encoding) => type == CertificateType.RawPublicKey
        ? PeerCertificate.OfRawKey(encoding)
        : throw new PeerRefusedException(AlertDescription.unsupported_certificate, HandshakeFailure.OffersX509);

    public override TlsSecret HkdfInit(int cryptoHashAlgorithm)
        => new HkdfSecret(this, new byte[TlsCryptoUtilities.GetHashOutputSize(cryptoHashAlgorithm)]);

    public override TlsSecret CreateSecret(byte[] data) => new HkdfSecret(this, [.. data]);

    public override TlsNonceGenerator CreateNonceGenerator(byte[] additionalSeedMaterial) => SystemNonces.Instance;

    public override TlsNonceGenerator CreateNonceGenerator(ReadOnlySpan<byte> additionalSeedMaterial) => SystemNonces.Instance;

    private sealed class SystemNonces : TlsNonceGenerator
    {
        public static readonly SystemNonces Instance = new();

        public byte[] GenerateNonce(int size) => RandomNumberGenerator.GetBytes(size);
    }
}
