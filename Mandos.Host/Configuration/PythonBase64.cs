using System.Buffers;
using System.Buffers.Text;

namespace Mandos.Host.Configuration;

/// <summary>
/// Base64 (RFC 4648 section 4) as Python's <c>binascii.a2b_base64</c> reads it where it is not strict, so that a sloppy <c>secret</c> means
/// here what it means to Debian's server.
/// </summary>
/// <remarks>
/// Characters outside the alphabet are skipped: quotes, backslashes, blanks. Padding that completes a group of four ends the text, whatever
/// follows; other padding is skipped.
/// </remarks>
internal static class PythonBase64
{
    /// <summary>The most bytes that a text can have, also one that is cut within a group of four.</summary>
    /// <param name="characters">Its length.</param>
    public static int MaxLength(int characters) => (characters / 4 * 3) + (characters % 4 * 3 / 4);

    /// <summary>Decodes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">Room for <see cref="MaxLength"/>.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="isSloppy">Whether it has more than base64 and white space, or goes on after its end.</param>
    /// <returns>Whether it can be decoded.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes, out int length, out bool isSloppy)
    {
        isSloppy = false;
        if (Base64.DecodeFromUtf8(text, bytes, out _, out length) == OperationStatus.Done)
        {
            // Nothing but base64 and white space means the same to both, and this is many times faster
            return true;
        }

        length = 0;
        int group = 0;
        int digits = 0;
        int padding = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '=')
            {
                if (digits >= 2 && digits + ++padding == 4)
                {
                    isSloppy |= !text[(i + 1)..].Trim(" \t\r\n"u8).IsEmpty;
                    return true;
                }

                isSloppy |= digits < 2;
                continue;
            }

            int digit = DigitOf(c);
            if (digit < 0)
            {
                isSloppy |= c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');
                continue;
            }

            isSloppy |= padding > 0;
            padding = 0;
            group = ((group << 6) | digit) & 0xFFF;
            switch (digits)
            {
                case 1:
                    bytes[length++] = (byte)(group >> 4);
                    break;
                case 2:
                    bytes[length++] = (byte)(group >> 2);
                    break;
                case 3:
                    bytes[length++] = (byte)group;
                    break;
            }

            digits = (digits + 1) % 4;
        }

        return digits == 0;
    }

    private static int DigitOf(byte c) => c switch
    {
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
