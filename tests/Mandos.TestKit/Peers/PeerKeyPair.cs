using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Mandos.TestKit.Peers;

/// <summary>A Mandos client's TLS key.</summary>
public sealed class PeerKeyPair
{
    private PeerKeyPair(AsymmetricKeyParameter privateKey, byte[] subjectPublicKeyInfo, int signatureScheme)
    {
        PrivateKey = privateKey;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        SignatureScheme = signatureScheme;
    }

    /// <summary>The private key, as BouncyCastle has it.</summary>
    public AsymmetricKeyParameter PrivateKey { get; }

    /// <summary>The public key in DER; its SHA-256 is the key ID.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>The scheme with which it signs a handshake.</summary>
    public int SignatureScheme { get; }

    /// <summary>The key ID as in clients.conf: 64 hexadecimal digits in capitals.</summary>
    public string KeyId => Convert.ToHexString(SHA256.HashData(SubjectPublicKeyInfo.Span));

    /// <summary>Makes a new key. Ed25519 takes microseconds, RSA up to a second.</summary>
    public static PeerKeyPair Create(PeerKeyKind kind)
    {
        switch (kind)
        {
            case PeerKeyKind.Ed25519:
                Ed25519PrivateKeyParameters ed25519 = new(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize));
                return Edwards(ed25519, ed25519.GeneratePublicKey(), Org.BouncyCastle.Tls.SignatureScheme.ed25519);
            case PeerKeyKind.Ed448:
                Ed448PrivateKeyParameters ed448 = new(RandomNumberGenerator.GetBytes(Ed448PrivateKeyParameters.KeySize));
                return Edwards(ed448, ed448.GeneratePublicKey(), Org.BouncyCastle.Tls.SignatureScheme.ed448);
            case PeerKeyKind.EcdsaP256:
                return Ecdsa(ECCurve.NamedCurves.nistP256, Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp256r1_sha256);
            case PeerKeyKind.EcdsaP384:
                return Ecdsa(ECCurve.NamedCurves.nistP384, Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp384r1_sha384);
            case PeerKeyKind.EcdsaP521:
                return Ecdsa(ECCurve.NamedCurves.nistP521, Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp521r1_sha512);
            case PeerKeyKind.Rsa1024:
                return Rsa(1024, isPssKey: false);
            case PeerKeyKind.Rsa2048:
                return Rsa(2048, isPssKey: false);
            case PeerKeyKind.Rsa4096:
                return Rsa(4096, isPssKey: false);
            case PeerKeyKind.RsaPss2048:
                return Rsa(2048, isPssKey: true);
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>Makes a new key that signs with another scheme than is right for it.</summary>
    public static PeerKeyPair Create(PeerKeyKind kind, int signatureScheme)
    {
        PeerKeyPair key = Create(kind);
        return new(key.PrivateKey, key.SubjectPublicKeyInfo.ToArray(), signatureScheme);
    }

    /// <summary>Takes an RSA key.</summary>
    /// <param name="privateKey">The private key.</param>
    /// <param name="signatureScheme">The scheme with which it signs.</param>
    public static PeerKeyPair FromRsa(
        AsymmetricKeyParameter privateKey, int signatureScheme = Org.BouncyCastle.Tls.SignatureScheme.rsa_pkcs1_sha512)
    {
        RsaPrivateCrtKeyParameters key = (RsaPrivateCrtKeyParameters)privateKey;
        RsaKeyParameters publicKey = new(false, key.Modulus, key.PublicExponent);
        return new(key, SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(publicKey).GetDerEncoded(), signatureScheme);
    }

    /// <summary>The private key as PKCS #8 in PEM, for programs of GnuTLS.</summary>
    public string ToPrivatePem()
    {
        PrivateKeyInfo info = PrivateKeyInfoFactory.CreatePrivateKeyInfo(PrivateKey);
        if (SignatureScheme == Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_pss_sha256)
        {
            info = new PrivateKeyInfo(new AlgorithmIdentifier(PkcsObjectIdentifiers.IdRsassaPss), info.ParsePrivateKey());
        }

        // GnuTLS takes version 1 only, which has no public key in it.
        info = new PrivateKeyInfo(info.PrivateKeyAlgorithm, info.ParsePrivateKey());
        return PemEncoding.WriteString("PRIVATE KEY", info.GetDerEncoded());
    }

    /// <summary>The public key in PEM.</summary>
    public string ToPublicPem() => PemEncoding.WriteString("PUBLIC KEY", SubjectPublicKeyInfo.Span);

    private static PeerKeyPair Edwards(AsymmetricKeyParameter privateKey, AsymmetricKeyParameter publicKey, int scheme)
        => new(privateKey, SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(publicKey).GetDerEncoded(), scheme);

    private static PeerKeyPair Ecdsa(ECCurve curve, int scheme)
    {
        using ECDsa key = ECDsa.Create(curve);
        return new(PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey()), key.ExportSubjectPublicKeyInfo(), scheme);
    }

    private static PeerKeyPair Rsa(int bits, bool isPssKey)
    {
        using RSA key = RSA.Create(bits);
        AsymmetricKeyParameter privateKey = PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey());
        if (!isPssKey)
        {
            return new(privateKey, key.ExportSubjectPublicKeyInfo(), Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_rsae_sha256);
        }

        SubjectPublicKeyInfo info = new(
            new AlgorithmIdentifier(PkcsObjectIdentifiers.IdRsassaPss), Asn1Object.FromByteArray(key.ExportRSAPublicKey()));
        return new(privateKey, info.GetDerEncoded(), Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_pss_sha256);
    }
}
