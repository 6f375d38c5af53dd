using System.Text;

namespace Mandos.Engine.Clients;

/// <summary>A key ID or fingerprint, as <c>clients.conf</c>, or the command that adds a client, has it.</summary>
public static class ClientKey
{
    /// <summary>Reads a hash in hexadecimal.</summary>
    /// <param name="value">The value of the option.</param>
    /// <param name="digits">How many digits it must have.</param>
    /// <param name="key">The digits in upper case; null if there are none, or bad ones.</param>
    /// <param name="isDecorated">Whether there is a prefix, or there are colons, as other programs write them.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? Parse(ReadOnlySpan<byte> value, int digits, out string? key, out bool isDecorated)
    {
        key = null;
        ReadOnlySpan<byte> text = WithoutPrefix(value);
        isDecorated = text.Length < value.Length;
        Span<char> hex = stackalloc char[digits];
        int count = 0;
        bool isHex = true;
        foreach (byte b in text)
        {
            if (char.IsAsciiHexDigit((char)b))
            {
                if (count < digits)
                {
                    hex[count] = char.ToUpperInvariant((char)b);
                }

                count++;
            }
            else
            {
                isDecorated |= b == ':';
                isHex &= b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)':';
            }
        }

        if (!isHex || (count != digits && (count != 0 || isDecorated)))
        {
            return $"is not {digits} hexadecimal digits" + (isHex ? $" but {count}" : "");
        }

        if (count == 0)
        {
            return null;
        }

        if (hex.SequenceEqual(ClientDefinition.EmptyKeyId))
        {
            return "is the key ID of an empty key, which no client has; take it from the client's mandos-keygen";
        }

        key = hex.ToString();
        return null;
    }

    /// <summary>The digits behind what other programs put before them.</summary>
    private static ReadOnlySpan<byte> WithoutPrefix(ReadOnlySpan<byte> key)
        => Ascii.EqualsIgnoreCase(key[..Math.Min(2, key.Length)], "0x"u8) ? key[2..]
            : Ascii.EqualsIgnoreCase(key[..Math.Min(7, key.Length)], "sha256:"u8) ? key[7..]
            : key;
}
