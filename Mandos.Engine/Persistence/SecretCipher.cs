using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>Encrypts a secret that was set at run time, so that the state store alone does not give it away.</summary>
/// <remarks>
/// AES-256-GCM (NIST SP 800-38D) under a key made by HKDF-SHA256 (RFC 5869) from the secret that the file has, with the client's name as
/// info. A thief of the store who does not have the file reads nothing; and when the file's secret changes, the stored one becomes unreadable
/// and the file wins. Layout: version (1 byte), nonce (12), tag (16), cipher text.
/// </remarks>
public static class SecretCipher
{
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int KeyLength = 32;
    private const int HeaderLength = 1 + NonceLength + TagLength;

    /// <summary>Encrypts a secret.</summary>
    /// <param name="fileSecret">The secret that the client's file has.</param>
    /// <param name="clientName">The client's name.</param>
    /// <param name="secret">The secret that was set at run time.</param>
    /// <returns>What a state store keeps.</returns>
    public static byte[] Encrypt(Secret fileSecret, string clientName, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(fileSecret);
        byte[] result = new byte[HeaderLength + secret.Length];
        result[0] = Version;
        Span<byte> nonce = result.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm aes = CreateCipher(fileSecret, clientName);
        aes.Encrypt(nonce, secret, result.AsSpan(HeaderLength), result.AsSpan(1 + NonceLength, TagLength), result.AsSpan(0, 1));
        return result;
    }

    /// <summary>Decrypts a secret.</summary>
    /// <param name="fileSecret">The secret that the client's file has.</param>
    /// <param name="clientName">The client's name.</param>
    /// <param name="encrypted">What a state store kept.</param>
    /// <returns>Null if the file's secret is not the one that it was encrypted under.</returns>
    public static Secret? TryDecrypt(Secret fileSecret, string clientName, ReadOnlySpan<byte> encrypted)
    {
        ArgumentNullException.ThrowIfNull(fileSecret);
        if (encrypted.Length < HeaderLength || encrypted[0] != Version)
        {
            return null;
        }

        byte[] plain = GC.AllocateUninitializedArray<byte>(encrypted.Length - HeaderLength, pinned: true);
        try
        {
            using AesGcm aes = CreateCipher(fileSecret, clientName);
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

    private static AesGcm CreateCipher(Secret fileSecret, string clientName)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        using Secret.Lease lease = fileSecret.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, lease.Memory.Span, key, salt: [], info: Encoding.UTF8.GetBytes(clientName));
        try
        {
            return new AesGcm(key, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
