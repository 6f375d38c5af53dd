using System.Buffers;
using System.Text;

namespace Mandos.Abstractions.Clients;

/// <summary>
/// What a machine may send on an invitation: a section of <c>clients.conf</c> as <c>mandos-keygen --password --no-ssh</c> prints it, and no more. A person
/// has not seen it when it is judged, so that nothing that could make the server run a program, read a file or look elsewhere is in it.
/// </summary>
/// <remarks>The server judges by this before it holds a section, and <c>mandos-ctl</c> again before root writes it.</remarks>
public static class InvitedSection
{
    /// <summary>Bytes that it may have. With the largest usual keys it has 4,000.</summary>
    public const int MostBytes = 16 * 1024;

    /// <summary>Characters of a name.</summary>
    public const int MostNameCharacters = 100;

    private static readonly string[] _options = ["host", "key_id", "fingerprint", "secret"];

    private static readonly SearchValues<char> _nameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    private static readonly SearchValues<char> _hostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:");

    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789abcdefABCDEF ");

    private static readonly SearchValues<char> _base64 =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=");

    /// <summary>The longest time for which a machine can be invited.</summary>
    public static TimeSpan LongestTime { get; } = TimeSpan.FromDays(30);

    /// <summary>Whether a machine can be invited by a name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, the first one a letter or digit. It is its host too.</summary>
    /// <param name="name">The name.</param>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= MostNameCharacters && char.IsAsciiLetterOrDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(_nameCharacters)
            && name != "DEFAULT";
    }

    /// <summary>Says why a text is no such section.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name that the client is to have.</param>
    /// <returns>One line that says where and what, never a value of the text; null if it is one.</returns>
    public static string? FindFault(ReadOnlySpan<byte> text, string name)
    {
        if (text.Length > MostBytes)
        {
            return $"it has more than {MostBytes} bytes";
        }

        HashSet<string> found = [];
        bool hasHead = false;
        bool isInSecret = false;
        int number = 0;
        foreach (Range range in text.Split((byte)'\n'))
        {
            number++;
            ReadOnlySpan<byte> bytes = text[range].TrimEnd((byte)'\r');
            if (bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            {
                return $"line {number} has characters other than printable ASCII";
            }

            string line = Encoding.ASCII.GetString(bytes);
            if (line.Length == 0)
            {
                continue;
            }

            if (!hasHead)
            {
                if (line != $"[{name}]")
                {
                    return $"line {number} has to be [{name}], the name that was invited";
                }

                hasHead = true;
            }
            else if (line[0] == ' ')
            {
                if (!isInSecret || line.AsSpan().Trim(' ').ContainsAnyExcept(_base64))
                {
                    return $"line {number} goes on with a value, and only secret may, in Base64";
                }
            }
            else if (FindFault(line, found) is { } fault)
            {
                return $"line {number} {fault}";
            }
            else
            {
                isInSecret = line.StartsWith("secret", StringComparison.Ordinal);
            }
        }

        return found.Contains("secret") && (found.Contains("key_id") || found.Contains("fingerprint")) ? null
            : "it has to have a secret, and a key_id or fingerprint";
    }

    private static string? FindFault(string line, HashSet<string> found)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        string option = equals < 0 ? "" : line[..equals].Trim(' ');
        if (!_options.Contains(option))
        {
            return $"is no option that an invited client may set; these are {string.Join(", ", _options)}, and all others are set on the server";
        }

        ReadOnlySpan<char> value = line.AsSpan(equals + 1).Trim(' ');
        SearchValues<char> allowed = option switch { "host" => _hostCharacters, "secret" => _base64, _ => _digits };
        return !found.Add(option) ? $"has {option} a second time"
            : option == "host" && !(value.Length > 0 && (char.IsAsciiLetterOrDigit(value[0]) || value[0] == ':'))
                ? "has a host that does not begin with a letter, a digit or a colon"
            : value.ContainsAnyExcept(allowed) ? $"has characters in {option} that cannot be there"
            : null;
    }
}
