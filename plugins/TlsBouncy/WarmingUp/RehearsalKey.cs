using System.Security.Cryptography;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.X509;

namespace Mandos.TlsBouncy.WarmingUp;

/// <summary>A key pair for one rehearsal.</summary>
/// <param name="PrivateKey">Signs the handshake.</param>
/// <param name="PublicKey">The SubjectPublicKeyInfo.</param>
/// <param name="SignatureScheme">How to sign, from TLS 1.2 on.</param>
/// <param name="CipherSuites">With what.</param>
internal sealed record RehearsalKey(AsymmetricKeyParameter PrivateKey, byte[] PublicKey, int SignatureScheme, int[] CipherSuites)
{
    /// <summary>A short key, because making a long one would take longer than all the rest.</summary>
    /// <remarks>RSA-PSS with SHA-512 needs 1040 bits (RFC 8017 section 9.1.1).</remarks>
    private const int RsaBits = 1152;

    private static readonly int[] _pss =
    [
        Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_rsae_sha256, Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_rsae_sha384,
        Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_rsae_sha512,
    ];

    private static readonly int[] _pkcs1 =
    [
        Org.BouncyCastle.Tls.SignatureScheme.rsa_pkcs1_sha256, Org.BouncyCastle.Tls.SignatureScheme.rsa_pkcs1_sha384,
        Org.BouncyCastle.Tls.SignatureScheme.rsa_pkcs1_sha512, Org.BouncyCastle.Tls.SignatureScheme.rsa_pkcs1_sha1,
    ];

    private static readonly int[] _ecdsa =
        [Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp256r1_sha256, Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp384r1_sha384];

    /// <summary>A key of each kind that mandos-keygen makes; of another kind, if a policy allows neither.</summary>
    /// <returns>No key at all if nobody could sign under the policy: then peers have to decrypt.</returns>
    public static IEnumerable<RehearsalKey> For(HandshakePolicy policy)
    {
        bool isTls13 = policy.Versions[0] == ProtocolVersion.TLSv13;
        bool isOld = policy.Versions[0].IsEqualOrEarlierVersionOf(ProtocolVersion.TLSv11);
        int[] schemes = [.. policy.SignatureAlgorithms.Select(Org.BouncyCastle.Tls.SignatureScheme.From)];
        int[] ecdsaSuites = Suites(policy, isTls13, "ECDHE-ECDSA");
        int[] rsaSuites = Suites(policy, isTls13, "ECDHE-RSA", "DHE-RSA");

        bool hasKey = false;
        if (ecdsaSuites.Length > 0 && !isOld && schemes.Contains(Org.BouncyCastle.Tls.SignatureScheme.ed25519))
        {
            hasKey = true;
            yield return CreateEd25519(ecdsaSuites);
        }

        int[] rsaSchemes = isTls13 ? _pss : [.. _pss, .. _pkcs1];
        if (rsaSuites.Length > 0 && (isOld || schemes.Intersect(rsaSchemes).Any()))
        {
            hasKey = true;
            yield return CreateRsa(isOld ? 0 : rsaSchemes.First(schemes.Contains), rsaSuites);
        }

        if (!hasKey && ecdsaSuites.Length > 0 && (isOld || schemes.Intersect(_ecdsa).Any()))
        {
            yield return CreateEcdsa(isOld ? _ecdsa[0] : _ecdsa.First(schemes.Contains), ecdsaSuites);
        }
    }

    private static int[] Suites(HandshakePolicy policy, bool areForTls13, params string[] keyExchanges) =>
    [
        .. policy.CipherSuites.Where(number => Priority.CipherSuites.Find(number) is { } suite
            && (areForTls13 ? suite.IsForTls13 : keyExchanges.Contains(suite.KeyExchange))),
    ];

    private static RehearsalKey CreateEd25519(int[] cipherSuites)
    {
        Ed25519PrivateKeyParameters key = new(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize));
        return new(key, SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(key.GeneratePublicKey()).GetDerEncoded(),
            Org.BouncyCastle.Tls.SignatureScheme.ed25519, cipherSuites);
    }

    private static RehearsalKey CreateRsa(int scheme, int[] cipherSuites)
    {
        using RSA key = RSA.Create(RsaBits);
        return new(PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey()), key.ExportSubjectPublicKeyInfo(), scheme, cipherSuites);
    }

    private static RehearsalKey CreateEcdsa(int scheme, int[] cipherSuites)
    {
        using ECDsa key = ECDsa.Create(scheme == _ecdsa[0] ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384);
        return new(PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey()), key.ExportSubjectPublicKeyInfo(), scheme, cipherSuites);
    }
}
