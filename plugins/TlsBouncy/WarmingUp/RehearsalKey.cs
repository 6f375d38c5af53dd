using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Mandos.TlsBouncy.WarmingUp;

/// <summary>A key pair for one rehearsal.</summary>
/// <param name="PrivateKey">Signs the handshake.</param>
/// <param name="PublicKey">The SubjectPublicKeyInfo.</param>
/// <param name="SignatureScheme">How to sign.</param>
internal sealed record RehearsalKey(AsymmetricKeyParameter PrivateKey, byte[] PublicKey, int SignatureScheme)
{
    public static RehearsalKey CreateEd25519()
    {
        Ed25519PrivateKeyParameters key = new(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize));
        return new(key, SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(key.GeneratePublicKey()).GetDerEncoded(),
            Org.BouncyCastle.Tls.SignatureScheme.ed25519);
    }

    /// <summary>A short key, because making a long one would take longer than all the rest.</summary>
    public static RehearsalKey CreateRsa()
    {
        using RSA key = RSA.Create(TlsLimits.RsaModulusMinBits);
        return new(PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey()), key.ExportSubjectPublicKeyInfo(),
            Org.BouncyCastle.Tls.SignatureScheme.rsa_pss_rsae_sha256);
    }
}
