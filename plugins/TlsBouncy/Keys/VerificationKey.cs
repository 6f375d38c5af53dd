using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A public key that has the right form; that its numbers are sound shows when a signature is verified.</summary>
internal abstract class VerificationKey
{
    /// <summary>
    /// In place of a scheme: RSA with MD5 and SHA-1 side by side, which TLS before 1.2 signs (RFC 4346 section 7.4.3). On the wire it
    /// would be RSA without a hash, which nobody offers.
    /// </summary>
    public const int RsaMd5Sha1 = SignatureAlgorithm.rsa;

    /// <summary>The key's algorithm and size, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Whether TLS 1.3 lets a key of this kind sign a handshake with a scheme (RFC 8446 section 4.2.3).</summary>
    public abstract bool Fits(int signatureScheme);

    /// <summary>Whether TLS up to 1.2 lets a key of this kind sign a key exchange with a scheme (RFC 5246 section 7.4.3, RFC 8422).</summary>
    /// <param name="signatureScheme">A scheme, or <see cref="RsaMd5Sha1"/>.</param>
    public virtual bool FitsTls12(int signatureScheme) => Fits(signatureScheme);

    /// <summary>Whether a signature is the key's own. False as well when the key is unsound.</summary>
    /// <param name="signatureScheme">A scheme that fits.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">The signature, from the peer.</param>
    public abstract bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <summary>Encrypts so that only the owner can read it, with PKCS #1 (RFC 5246 section 7.4.7.1).</summary>
    /// <returns>The cipher text; null if the key is not for encryption, or unsound.</returns>
    public virtual byte[]? Encrypt(ReadOnlySpan<byte> data) => null;
}
