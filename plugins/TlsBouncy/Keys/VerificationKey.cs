namespace Mandos.TlsBouncy.Keys;

/// <summary>A public key that has the right form; that its numbers are sound shows when a signature is verified.</summary>
internal abstract class VerificationKey
{
    /// <summary>The key's algorithm and size, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Whether TLS 1.3 lets a key of this kind sign a handshake with a scheme (RFC 8446 section 4.2.3).</summary>
    public abstract bool Fits(int signatureScheme);

    /// <summary>Whether a signature is the key's own. False as well when the key is unsound.</summary>
    /// <param name="signatureScheme">A scheme that fits.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">The signature, from the peer.</param>
    public abstract bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
