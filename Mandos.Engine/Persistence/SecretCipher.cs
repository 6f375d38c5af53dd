using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>Encrypts a secret that was given at run time, so that the state store alone does not give it away.</summary>
/// <remarks>
/// AES-256-GCM (NIST SP 800-38D) under a key made by HKDF-SHA256 (RFC 5869) from a key that the store does not have, with the client's name
/// as info. For a client of the files that is the secret which the file has: a thief of the store who does not have the file reads nothing; and when
/// the file's secret changes, the stored one becomes unreadable and the file wins. For one that a command added see
/// <see cref="AddedSecrets"/>. Layout: version (1 byte), nonce (12), tag (16), cipher text.
/// </remarks>
public static class SecretCipher
{
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int KeyLength = 32;
    private const int HeaderLength = 1 + NonceLength + TagLength;

    /// <summary>Encrypts a secret.</summary>
    /// <param name="key">The secret that the client's file has, or the server's own key.</param>
    /// <param name="client">The client's name, or more that binds it.</param>
    /// <param name="secret">The secret that was given at run time.</param>
    /// <returns>What a state store keeps.</returns>
    public static byte[] Encrypt(Secret key, string client, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] result = new byte[HeaderLength + secret.Length];
        result[0] = Version;
        Span<byte> nonce = result.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = CreateCipher(key, client);
        aes.Encrypt(nonce, secret, result.AsSpan(HeaderLength), result.AsSpan(1 + NonceLength, TagLength), result.AsSpan(0, 1));
        return result;
    }

    /// <summary>Decrypts a secret.</summary>
    /// <param name="key">The secret that the client's file has, or the server's own key.</param>
    /// <param name="client">The client's name, or more that binds it.</param>
    /// <param name="encrypted">What a state store kept.</param>
    /// <returns>Null if the key is not the one that it was encrypted under.</returns>
    public static Secret? TryDecrypt(Secret key, string client, ReadOnlySpan<byte> encrypted)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (encrypted.Length < HeaderLength || encrypted[0] != Version)
        {
            return null;
        }

        byte[] plain = GC.AllocateUninitializedArray<byte>(encrypted.Length - HeaderLength, pinned: true);
        try
        {
            using AesGcm aes = CreateCipher(key, client);
            aes.Decrypt(
                encrypted.Slice(1, NonceLength), encrypted[HeaderLength..], encrypted.Slice(1 + NonceLength, TagLength), plain,
                encrypted[..1]);
            return new Secret(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static AesGcm CreateCipher(Secret key, string client)
    {
        Span<byte> derived = stackalloc byte[KeyLength];
        using Secret.Lease lease = key.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, lease.Memory.Span, derived, salt: [], info: Encoding.UTF8.GetBytes(client));
        try
        {
            return new AesGcm(derived, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }
}
