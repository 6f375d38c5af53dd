using System.Security.Cryptography;

namespace Mandos.TlsBouncy.OpenSsl;

/// <summary>Diffie-Hellman on one of the curves of RFC 7748, computed by libcrypto.</summary>
/// <param name="Name">libcrypto's name.</param>
/// <param name="Bytes">The length of private keys, public keys and secrets.</param>
internal sealed record MontgomeryCurve(string Name, int Bytes)
{
    public static MontgomeryCurve X25519 { get; } = new("X25519", 32);

    public static MontgomeryCurve X448 { get; } = new("X448", 56);

    /// <summary>Makes a private key of random bytes.</summary>
    /// <returns>The key; null if libcrypto fails.</returns>
    public KeyHandle? Import(ReadOnlySpan<byte> privateKey)
        => Checked(LibCrypto.NewPrivateKey(0, Name, 0, privateKey, (nuint)privateKey.Length));

    /// <summary>The public key of a private key.</summary>
    /// <returns>The public key; null if libcrypto fails.</returns>
    public byte[]? PublicKey(KeyHandle key)
    {
        byte[] publicKey = new byte[Bytes];
        nuint length = (nuint)Bytes;
        return Succeeds(LibCrypto.GetPublicKey(key, publicKey, ref length)) && length == (nuint)Bytes ? publicKey : null;
    }

    /// <summary>Agrees on a secret.</summary>
    /// <param name="key">Our private key.</param>
    /// <param name="peer">The peer's public key.</param>
    /// <returns>
    /// The secret; null if the peer's key is of the wrong length, or if the secret would be all zeros (RFC 7748 section 6).
    /// </returns>
    public byte[]? Agree(KeyHandle key, ReadOnlySpan<byte> peer)
    {
        using KeyHandle? peerKey = Checked(LibCrypto.NewPublicKey(0, Name, 0, peer, (nuint)peer.Length));
        using OperationHandle? operation = Checked(LibCrypto.NewOperation(0, key, 0));
        if (peerKey is null || operation is null)
        {
            return null;
        }

        byte[] secret = new byte[Bytes];
        nuint length = (nuint)Bytes;
        if (Succeeds(LibCrypto.BeginDerive(operation))
            && Succeeds(LibCrypto.SetPeer(operation, peerKey))
            && Succeeds(LibCrypto.Derive(operation, secret, ref length))
            && length == (nuint)Bytes)
        {
            return secret;
        }

        CryptographicOperations.ZeroMemory(secret);
        return null;
    }

    private static bool Succeeds(int result)
    {
        if (result == 1)
        {
            return true;
        }

        LibCrypto.ClearErrors();
        return false;
    }

    private static T? Checked<T>(T handle)
        where T : System.Runtime.InteropServices.SafeHandle
    {
        if (!handle.IsInvalid)
        {
            return handle;
        }

        handle.Dispose();
        LibCrypto.ClearErrors();
        return null;
    }
}
