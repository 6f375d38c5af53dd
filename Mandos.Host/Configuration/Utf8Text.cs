using System.Text;

namespace Mandos.Host.Configuration;

/// <summary>Python's idea of white space (<c>str.isspace</c>, <c>str.strip</c>, <c>\s</c>) on UTF-8 text.</summary>
internal static class Utf8Text
{
    /// <summary>Whether Python takes the character for white space: Unicode's, and the separators U+001C to U+001F.</summary>
    /// <param name="rune">The character.</param>
    public static bool IsSpace(Rune rune) => Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1C and <= 0x1F;

    /// <summary>Leading white space.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="characters">Its length in characters.</param>
    /// <returns>Its length in bytes.</returns>
    public static int LeadingSpace(ReadOnlySpan<byte> text, out int characters)
    {
        int at = 0;
        characters = 0;
        while (at < text.Length)
        {
            int length = 1;
            if (text[at] < 0x80 ? !IsAsciiSpace(text[at]) : !IsSpace(DecodeFirst(text[at..], out length)))
            {
                break;
            }

            at += length;
            characters++;
        }

        return at;
    }

    /// <summary>The text without leading white space.</summary>
    /// <param name="text">UTF-8.</param>
    public static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> text) => text[LeadingSpace(text, out _)..];

    /// <summary>The text without trailing white space.</summary>
    /// <param name="text">UTF-8.</param>
    public static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            int length = 1;
            if (text[^1] < 0x80 ? !IsAsciiSpace(text[^1]) : !IsSpace(DecodeLast(text, out length)))
            {
                break;
            }

            text = text[..^length];
        }

        return text;
    }

    /// <summary>Takes the first line off a text, with Python's universal newlines: LF, CR LF, or CR.</summary>
    /// <param name="text">UTF-8, not empty; afterwards what follows the line.</param>
    /// <returns>The line without its end.</returns>
    public static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0)
        {
            ReadOnlySpan<byte> all = text;
            text = [];
            return all;
        }

        ReadOnlySpan<byte> line = text[..end];
        bool pair = text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n';
        text = text[(end + (pair ? 2 : 1))..];
        return line;
    }

    private static bool IsAsciiSpace(byte b) => b == ' ' || b is >= 0x09 and <= 0x0D or >= 0x1C and <= 0x1F;

    private static Rune DecodeFirst(ReadOnlySpan<byte> text, out int length)
    {
        Rune.DecodeFromUtf8(text, out Rune rune, out length);
        return rune;
    }

    private static Rune DecodeLast(ReadOnlySpan<byte> text, out int length)
    {
        Rune.DecodeLastFromUtf8(text, out Rune rune, out length);
        return rune;
    }
}
