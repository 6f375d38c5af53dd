using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;

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
    public static byte[] Make(Client client) => Make(client.Settings, client.Secret);

    /// <summary>Whether one was made for a client as it is now.</summary>
    public static bool Fits(Client client, ReadOnlySpan<byte> proof) => Fits(client.Settings, client.Secret, proof);

    /// <summary>Makes one for a client as it will be with its next key.</summary>
    public static byte[] MakeNext(Client client, NextKey next) => Make(With(client.Settings, next), next.Secret);

    /// <summary>Whether one was made for a client as it would be now with its next key.</summary>
    public static bool FitsNext(Client client, NextKey next, ReadOnlySpan<byte> proof) => Fits(With(client.Settings, next), next.Secret, proof);

    private static ClientSettings With(ClientSettings settings, NextKey next) => settings with { KeyId = next.KeyId, Fingerprint = null };

    private static byte[] Make(ClientSettings settings, Secret secret)
    {
        byte[] proof = new byte[SaltLength + HMACSHA256.HashSizeInBytes];
        RandomNumberGenerator.Fill(proof.AsSpan(0, SaltLength));
        Compute(settings, secret, proof.AsSpan(0, SaltLength), proof.AsSpan(SaltLength));
        return proof;
    }

    private static bool Fits(ClientSettings settings, Secret secret, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (proof.Length != SaltLength + expected.Length)
        {
            return false;
        }

        Compute(settings, secret, proof[..SaltLength], expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof[SaltLength..]);
    }

    private static void Compute(ClientSettings settings, Secret secret, ReadOnlySpan<byte> salt, Span<byte> hash)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Memory.Span);
        hmac.AppendData(salt);
        foreach (string text in (ReadOnlySpan<string>)[settings.KeyId ?? "", settings.Fingerprint ?? "", settings.Host])
        {
            hmac.AppendData(Encoding.UTF8.GetBytes(text + '\0'));
        }

        hmac.GetHashAndReset(hash);
    }
}
