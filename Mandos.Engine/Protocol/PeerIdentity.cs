using System.Buffers.Binary;
using System.Security.Cryptography;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Computes by what a client is found.</summary>
internal static class PeerIdentity
{
    /// <summary>Key ID of a raw key: SHA-256 of its SubjectPublicKeyInfo. Of an OpenPGP key: its fingerprint (RFC 4880 section 12.2).</summary>
    /// <returns>Upper-case hexadecimal digits; <see cref="ClientDefinition.EmptyKeyId"/> for an empty key of either type.</returns>
    /// <exception cref="ProtocolException">An OpenPGP key is too long to have a fingerprint.</exception>
    public static string Of(PeerKey key) => key.Type == PeerKeyType.OpenPgp && !key.Encoded.IsEmpty
        ? Fingerprint(key.Encoded.Span)
        : Convert.ToHexString(SHA256.HashData(key.Encoded.Span));

    private static string Fingerprint(ReadOnlySpan<byte> keyPacket)
    {
        if (keyPacket.Length > ushort.MaxValue)
        {
            throw new ProtocolException(Outcome.HandshakeFailed,
                $"its OpenPGP key has {keyPacket.Length} bytes; at most {ushort.MaxValue} are possible");
        }

        byte[] hashed = new byte[3 + keyPacket.Length];
        hashed[0] = 0x99;
        BinaryPrimitives.WriteUInt16BigEndian(hashed.AsSpan(1), (ushort)keyPacket.Length);
        keyPacket.CopyTo(hashed.AsSpan(3));
#pragma warning disable CA5350 // RFC 4880 defines version 4 fingerprints by SHA-1
        return Convert.ToHexString(SHA1.HashData(hashed));
#pragma warning restore CA5350
    }
}
