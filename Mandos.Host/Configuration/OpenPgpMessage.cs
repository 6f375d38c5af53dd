using System.Buffers.Binary;

namespace Mandos.Host.Configuration;

/// <summary>Looks at a secret from outside: whether mandos-client can make anything of it. Nothing is decrypted.</summary>
/// <remarks>Packets as in RFC 9580 section 4.2, and the older forms of lengths with them.</remarks>
internal static class OpenPgpMessage
{
    private enum Tag
    {
        EncryptedKey = 1,
        Signature = 2,
        SymmetricKey = 3,
        OnePassSignature = 4,
        Compressed = 8,
        Encrypted = 9,
        Marker = 10,
        Literal = 11,
        ProtectedEncrypted = 18,
        AuthenticatedEncrypted = 20,
        Padding = 21,
    }

    /// <summary>Finds why no client can use a secret.</summary>
    /// <param name="secret">The secret.</param>
    /// <returns>What is wrong with it, to follow "it"; null if it looks right.</returns>
    public static string? FindFault(ReadOnlySpan<byte> secret)
    {
        if (secret.IsEmpty)
        {
            return "is empty";
        }

        // gpg takes armored data as well.
        if (secret.IndexOf("-----BEGIN PGP MESSAGE-----"u8) >= 0)
        {
            return secret.IndexOf("-----END PGP MESSAGE-----"u8) < 0 ? "is cut short: its armor has no end" : null;
        }

        bool hasData = false;
        int length = secret.Length;
        for (int packets = 0; !secret.IsEmpty; packets++)
        {
            if (packets == FileLimits.OpenPgpPackets || !TryTakeHeader(ref secret, out Tag tag, out Lengths lengths))
            {
                return hasData ? "has something else behind its OpenPGP data" : "is not OpenPGP data";
            }

            if (!lengths.TryTakeBody(ref secret))
            {
                return "is cut short: an OpenPGP packet in it is longer than what there is";
            }

            hasData |= IsData(tag);
        }

        return hasData ? null : $"is cut short: its {length} bytes hold OpenPGP keys only, and no data";
    }

    /// <summary>Finds why no client can decrypt a secret in which <see cref="FindFault"/> finds nothing.</summary>
    /// <param name="secret">The secret.</param>
    /// <returns>What is wrong with it, to follow "it"; null if it looks right.</returns>
    public static string? FindEncryptionFault(ReadOnlySpan<byte> secret)
    {
        bool hasKey = false;
        bool isEncrypted = false;
        while (!secret.IsEmpty && TryTakeHeader(ref secret, out Tag tag, out Lengths lengths) && lengths.TryTakeBody(ref secret))
        {
            hasKey |= tag == Tag.EncryptedKey;
            isEncrypted |= tag is Tag.Encrypted or Tag.ProtectedEncrypted or Tag.AuthenticatedEncrypted;
        }

        return !secret.IsEmpty || (hasKey && isEncrypted) ? null // what is left is armored, and not looked into
            : "is OpenPGP data that is not encrypted with a client's key";
    }

    private static bool IsData(Tag tag)
        => tag is Tag.Compressed or Tag.Encrypted or Tag.Literal or Tag.ProtectedEncrypted or Tag.AuthenticatedEncrypted;

    private static bool TryTakeHeader(ref ReadOnlySpan<byte> data, out Tag tag, out Lengths lengths)
    {
        byte first = data[0];
        bool isNew = (first & 0x40) != 0;
        tag = (Tag)(isNew ? first & 0x3F : (first >> 2) & 0xF);
        lengths = new(isNew, first & 3);
        data = data[1..];
        return (first & 0x80) != 0 && Enum.IsDefined(tag);
    }

    /// <summary>How long a packet's body is.</summary>
    /// <param name="IsNew">Whether the header has the newer form.</param>
    /// <param name="OldType">The kind of length in a header of the older form.</param>
    private readonly record struct Lengths(bool IsNew, int OldType)
    {
        private const int Indeterminate = 3;

        /// <returns>False if there is less than the packet should have.</returns>
        public bool TryTakeBody(ref ReadOnlySpan<byte> data)
        {
            if (!IsNew && OldType == Indeterminate)
            {
                data = [];
                return true;
            }

            bool isPartial;
            do
            {
                if (!TryTakeLength(ref data, out uint length, out isPartial) || length > data.Length)
                {
                    return false;
                }

                data = data[(int)length..];
            }
            while (isPartial);
            return true;
        }

        private bool TryTakeLength(ref ReadOnlySpan<byte> data, out uint length, out bool isPartial)
        {
            length = 0;
            isPartial = false;
            if (data.IsEmpty)
            {
                return false;
            }

            byte first = data[0];
            int size = !IsNew ? 1 << OldType : first < 192 ? 1 : first < 224 ? 2 : first < 255 ? 1 : 5;
            if (data.Length < size)
            {
                return false;
            }

            isPartial = IsNew && first is >= 224 and < 255;
            length = (IsNew, size) switch
            {
                (true, 1) => isPartial ? 1u << (first & 0x1F) : first,
                (true, 2) => (uint)(((first - 192) << 8) + data[1] + 192),
                (true, _) => BinaryPrimitives.ReadUInt32BigEndian(data[1..]),
                (false, 1) => first,
                (false, 2) => BinaryPrimitives.ReadUInt16BigEndian(data),
                (false, _) => BinaryPrimitives.ReadUInt32BigEndian(data),
            };
            data = data[size..];
            return true;
        }
    }
}
