using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>What stands in a Certificate message with an OpenPGP key (RFC 6091 section 3.3, and RFC 5081, which came before it).</summary>
internal static class OpenPgpPresentation
{
    private const int KeyIdBytes = 8;

    private const string NeedsKey = "mandos-client must be given its OpenPGP key";

    /// <summary>Reads a key that a peer presents.</summary>
    /// <param name="presented">The message without the length at its beginning, which GnuTLS puts there.</param>
    /// <param name="now">The time, for what has expired.</param>
    /// <exception cref="PeerRefusedException">It is malformed, or no key that we take.</exception>
    public static PeerCertificate Parse(ReadOnlySpan<byte> presented, DateTimeOffset now)
    {
        ReadOnlySpan<byte> signingKey;
        ReadOnlySpan<byte> certificate;
        try
        {
            PacketReader reader = new(presented);
            byte descriptor = reader.ReadByte();
            signingKey = descriptor switch
            {
                // RFC 5081: just a key
                0 => [],
                1 => throw Refused("presents no OpenPGP key", NeedsKey),
                2 => reader.Read(KeyIdLength(reader.ReadByte())),
                3 => throw Refused("presents just the fingerprint of its OpenPGP key", NeedsKey),
                _ => throw new OpenPgpFormatException($"descriptor {descriptor} is unknown"),
            };
            certificate = reader.Read(reader.ReadUInt24());
            if (!reader.IsAtEnd)
            {
                throw new OpenPgpFormatException("bytes follow the key");
            }
        }
        catch (OpenPgpFormatException e)
        {
            throw new PeerRefusedException(AlertDescription.bad_certificate,
                $"the peer's message with its OpenPGP key is malformed ({e.Message}): its TLS is faulty", e);
        }

        OpenPgpKey key = OpenPgpKey.Parse(certificate, now);
        if (!key.Fingerprint.AsSpan().EndsWith(signingKey))
        {
            throw Refused("means to sign with another key than its primary OpenPGP key", "mandos-client must use the primary key");
        }

        return new PeerCertificate(presented.ToArray(), new PeerKey(PeerKeyType.OpenPgp, key.Body), key.Key);
    }

    /// <summary>The ID may also have more digits of the fingerprint than usual.</summary>
    private static byte KeyIdLength(byte length)
        => length >= KeyIdBytes ? length : throw new OpenPgpFormatException("a key ID is too short");

    private static PeerRefusedException Refused(string problem, string remedy)
        => new(AlertDescription.unsupported_certificate, $"the peer {problem}: {remedy}");
}
