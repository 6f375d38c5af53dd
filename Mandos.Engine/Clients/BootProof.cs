using System.Security.Cryptography;
using System.Text;

namespace Mandos.Engine.Clients;

/// <summary>By what the key, secret and host are known again with which a client has booted, or has rehearsed that.</summary>
/// <remarks>
/// A random salt, and the HMAC-SHA256 of it and of the client's keys and host, with the secret as the key: nobody learns the secret from it who does not know
/// it. A secret is encrypted data, which nobody guesses.
/// </remarks>
internal static class BootProof
{
    private const int SaltLength = 16;

    /// <summary>Makes one for a client as it is.</summary>
    public static byte[] Make(Client client)
    {
        byte[] proof = new byte[SaltLength + HMACSHA256.HashSizeInBytes];
        RandomNumberGenerator.Fill(proof.AsSpan(0, SaltLength));
        Compute(client, proof.AsSpan(0, SaltLength), proof.AsSpan(SaltLength));
        return proof;
    }

    /// <summary>Whether one was made for a client as it is now.</summary>
    public static bool Fits(Client client, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (proof.Length != SaltLength + expected.Length)
        {
            return false;
        }

        Compute(client, proof[..SaltLength], expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof[SaltLength..]);
    }

    private static void Compute(Client client, ReadOnlySpan<byte> salt, Span<byte> hash)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, client.Secret.Memory.Span);
        hmac.AppendData(salt);
        foreach (string text in (ReadOnlySpan<string>)[client.Settings.KeyId ?? "", client.Settings.Fingerprint ?? "", client.Settings.Host])
        {
            hmac.AppendData(Encoding.UTF8.GetBytes(text + '\0'));
        }

        hmac.GetHashAndReset(hash);
    }
}
