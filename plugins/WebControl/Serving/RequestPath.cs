using System.Text;

namespace Mandos.WebControl.Serving;

/// <summary>Takes the target of a request apart (RFC 9112 section 3.2.1). There is one way to read it, so nothing in front can be led to read it otherwise.</summary>
internal static class RequestPath
{
    /// <summary>The parts of the path, each decoded once; a client's name is one part, also with an encoded slash in it.</summary>
    /// <param name="target">The target as it was sent: a path, and perhaps a query.</param>
    /// <exception cref="WebProblem">
    /// It has another form, an empty part before the last, a part that is <c>.</c> or <c>..</c>, or what is no percent-encoded UTF-8.
    /// </exception>
    public static IReadOnlyList<string> Parse(string target)
    {
        int query = target.IndexOfAny(['?', '#']);
        string path = query < 0 ? target : target[..query];
        if (!path.StartsWith('/'))
        {
            throw Bad();
        }

        string[] parts = path[1..].Split('/');
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] is "." or ".." || (parts[i].Length == 0 && parts.Length > 1))
            {
                throw Bad();
            }

            parts[i] = Decode(parts[i]);
        }

        return parts;
    }

    private static string Decode(string part)
    {
        Span<byte> bytes = part.Length <= 512 ? stackalloc byte[part.Length] : new byte[part.Length];
        int length = 0;
        for (int i = 0; i < part.Length; i++)
        {
            char c = part[i];
            if (c == '%')
            {
                if (i + 2 >= part.Length || !char.IsAsciiHexDigit(part[i + 1]) || !char.IsAsciiHexDigit(part[i + 2]))
                {
                    throw Bad();
                }

                bytes[length++] = Convert.FromHexString(part.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else if (c is > ' ' and < '\x7F' and not '\\')
            {
                bytes[length++] = (byte)c;
            }
            else
            {
                throw Bad();
            }
        }

        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes[..length]);
            return text.Contains('\0', StringComparison.Ordinal) ? throw Bad() : text;
        }
        catch (ArgumentException)
        {
            throw Bad();
        }
    }

    private static WebProblem Bad() => WebProblem.BadValue("the address is not well-formed");
}
