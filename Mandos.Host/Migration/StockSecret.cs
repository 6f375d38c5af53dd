using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Clients;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Mandos.Host.Migration;

/// <summary>Decrypts a secret that Debian's server kept.</summary>
/// <remarks>
/// As observed: an OpenPGP message (RFC 4880) under a passphrase, made by <c>gpg --symmetric --force-mdc</c>. The passphrase is
/// <c>mandos</c> and the hexadecimal digits of the secret that <c>clients.conf</c> had. If that is longer than 2048 bytes, it is
/// <c>mandos</c> and the secret itself, with <c>\\</c>, <c>\n</c> and <c>\x00</c> for bytes that the line of a passphrase cannot have.
/// </remarks>
internal static class StockSecret
{
    /// <summary>The longest passphrase in bytes that has digits.</summary>
    private const int LongestOfDigits = 2048;

    /// <summary>The header of a modification detection code (RFC 4880, section 5.14), which is followed by a SHA-1.</summary>
    private static ReadOnlySpan<byte> CodeHeader => [0xD3, SHA1.HashSizeInBytes];

    /// <summary>Decrypts it.</summary>
    /// <param name="fileSecret">The secret that <c>clients.conf</c> has now.</param>
    /// <param name="encrypted">The message.</param>
    /// <returns>Null if it was encrypted under another secret, as when <c>clients.conf</c> has been changed since.</returns>
    /// <exception cref="PickleException">It is damaged.</exception>
    public static Secret? TryDecrypt(Secret fileSecret, ReadOnlyMemory<byte> encrypted)
    {
        byte[] plain = [];
        try
        {
            var packets = new BcpgInputStream(new MemoryStream(encrypted.ToArray()));
            var keyPacket = (SymmetricKeyEncSessionPacket)packets.ReadPacket();
            var dataPacket = (SymmetricEncIntegrityPacket)packets.ReadPacket();
            plain = Decrypt(keyPacket, fileSecret, dataPacket.GetInputStream());
            int prefix = GetCipher(keyPacket).GetBlockSize() + 2;
            if (!plain.AsSpan(prefix - 4, 2).SequenceEqual(plain.AsSpan(prefix - 2, 2))
                || !plain.AsSpan()[^(CodeHeader.Length + SHA1.HashSizeInBytes)..].StartsWith(CodeHeader))
            {
                return null;
            }

#pragma warning disable CA5350 // It is what OpenPGP has
            if (!SHA1.HashData(plain.AsSpan()[..^SHA1.HashSizeInBytes]).AsSpan().SequenceEqual(plain.AsSpan()[^SHA1.HashSizeInBytes..]))
#pragma warning restore CA5350
            {
                throw new PgpException("the checksum is wrong");
            }

            int end = plain.Length - SHA1.HashSizeInBytes - CodeHeader.Length;
            return ReadLiteral(new MemoryStream(plain, prefix, end - prefix));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever BouncyCastle makes of damaged bytes
            throw new PickleException("it cannot be decrypted: it is damaged, or encrypted in a way that is not known here");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static IBufferedCipher GetCipher(SymmetricKeyEncSessionPacket packet)
        => CipherUtilities.GetCipher($"{PgpUtilities.GetSymmetricCipherName(packet.EncAlgorithm)}/CFB/NoPadding");

    private static byte[] Decrypt(SymmetricKeyEncSessionPacket keyPacket, Secret fileSecret, Stream data)
    {
        using var encrypted = new MemoryStream();
        data.CopyTo(encrypted);
        byte[] key = MakeKey(fileSecret, keyPacket.S2k, PgpUtilities.GetKeySize(keyPacket.EncAlgorithm) / 8);
        try
        {
            IBufferedCipher cipher = GetCipher(keyPacket);
            cipher.Init(forEncryption: false, new ParametersWithIV(new KeyParameter(key), new byte[cipher.GetBlockSize()]));
            return cipher.DoFinal(encrypted.GetBuffer(), 0, (int)encrypted.Length);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Makes a key from the passphrase, iterated and salted (RFC 4880, section 3.7.1.3).</summary>
    /// <remarks>gpg has 65 MB hashed for every 20 bytes of it: .NET's SHA-1 needs 35 ms for that, BouncyCastle's half a second.</remarks>
    private static byte[] MakeKey(Secret fileSecret, S2k method, int length)
    {
        byte[] salt = method.Type == S2k.SaltedAndIterated ? method.GetIV() : throw new PgpException("not iterated and salted");
        byte[] passphrase = MakePassphrase(fileSecret);
        byte[] once = [.. salt, .. passphrase];
        byte[] often = new byte[once.Length * ((0x10000 / once.Length) + 1)];
        for (int i = 0; i < often.Length; i += once.Length)
        {
            once.CopyTo(often, i);
        }

        byte[] key = new byte[length];
        using var hash = IncrementalHash.CreateHash(new HashAlgorithmName(PgpUtilities.GetDigestName(method.HashAlgorithm)));
        for (int done = 0; done < length;)
        {
            // Each part of the key hashes as many zeros first as there are parts before it.
            hash.AppendData(new byte[done / hash.HashLengthInBytes]);
            for (long left = Math.Max(method.IterationCount, once.Length); left > 0; left -= often.Length)
            {
                hash.AppendData(often, 0, (int)Math.Min(left, often.Length));
            }

            byte[] part = hash.GetHashAndReset();
            int count = Math.Min(part.Length, length - done);
            part.AsSpan(0, count).CopyTo(key.AsSpan(done));
            done += count;
        }

        CryptographicOperations.ZeroMemory(passphrase);
        CryptographicOperations.ZeroMemory(once);
        CryptographicOperations.ZeroMemory(often);
        return key;
    }

    private static byte[] MakePassphrase(Secret fileSecret)
    {
        using Secret.Lease lease = fileSecret.Borrow();
        ReadOnlySpan<byte> secret = lease.Memory.Span;
        ReadOnlySpan<byte> start = "mandos"u8;
        if (start.Length + (2 * secret.Length) <= LongestOfDigits)
        {
            return [.. start, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret))];
        }

        // Of its full size at once: a list would leave copies behind when it grows.
        byte[] passphrase = new byte[
            start.Length + secret.Length + secret.Count((byte)'\\') + secret.Count((byte)'\n') + (3 * secret.Count((byte)0))];
        start.CopyTo(passphrase);
        int length = start.Length;
        foreach (byte value in secret)
        {
            ReadOnlySpan<byte> written = value switch
            {
                (byte)'\\' => @"\\"u8,
                (byte)'\n' => @"\n"u8,
                0 => @"\x00"u8,
                _ => [value],
            };
            written.CopyTo(passphrase.AsSpan(length));
            length += written.Length;
        }

        return passphrase;
    }

    private static Secret ReadLiteral(Stream packets)
    {
        PgpObject packet = new PgpObjectFactory(packets).NextPgpObject();
        if (packet is PgpCompressedData compressed)
        {
            packet = new PgpObjectFactory(compressed.GetDataStream()).NextPgpObject();
        }

        Stream data = ((PgpLiteralData)packet).GetDataStream();
        byte[] secret = new byte[1 << 12];
        try
        {
            int length = 0;
            while (data.Read(secret, length, secret.Length - length) is > 0 and var count)
            {
                length += count;
                if (length > ImportLimits.SecretBytes)
                {
                    throw new PgpException("it is too long");
                }

                if (length == secret.Length)
                {
                    byte[] longer = new byte[length * 2];
                    secret.CopyTo(longer, 0);
                    CryptographicOperations.ZeroMemory(secret);
                    secret = longer;
                }
            }

            return new Secret(secret.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
