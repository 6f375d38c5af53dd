using System.Buffers;

namespace Mandos.DBus.Transport;

/// <summary>One address of a bus (D-Bus specification, "Server Addresses"), or why it cannot be used.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Socket">A <c>struct sockaddr_un</c> for connect(2), if it can be used.</param>
/// <param name="Problem">Why it cannot.</param>
internal sealed record BusAddress(string Text, byte[]? Socket, string? Problem)
{
    /// <summary>The size of <c>sun_path</c>.</summary>
    private const int MaxPath = 108;

    private static readonly SearchValues<char> _unescaped = SearchValues.Create(
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/.\\*");

    /// <summary>The addresses of a list, in its order.</summary>
    public static IReadOnlyList<BusAddress> ParseList(string list)
        => [.. list.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static BusAddress Parse(string text)
    {
        try
        {
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || text[..colon] != "unix")
            {
                throw new FormatException("only addresses that begin with \"unix:\" are known");
            }
            return new(text, ParseSocket(text[(colon + 1)..]), null);
        }
        catch (FormatException e)
        {
            return new(text, null, e.Message);
        }
    }

    private static byte[] ParseSocket(string options)
    {
        byte[]? path = null;
        bool isAbstract = false;
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? option : option[..equals];
            if (key is not ("path" or "abstract"))
            {
                // Such as guid, which says nothing about where the socket is.
                continue;
            }
            if (equals < 0 || path != null)
            {
                throw new FormatException("it must have one path= or one abstract=");
            }
            isAbstract = key == "abstract";
            path = Unescape(option[(equals + 1)..]);
        }
        if (path is not { Length: > 0 })
        {
            throw new FormatException("it has neither path= nor abstract=");
        }
        if (path.Length >= MaxPath || (!isAbstract && path.Contains((byte)0)))
        {
            throw new FormatException($"its path has a NUL or is longer than {MaxPath - 1} bytes");
        }
        // The family in the machine's byte order, which is little-endian wherever this runs; an abstract name follows a NUL and
        // ends where the address does, a path ends with a NUL.
        byte[] socket = new byte[sizeof(ushort) + path.Length + 1];
        socket[0] = Native.AF_UNIX;
        path.CopyTo(socket, sizeof(ushort) + (isAbstract ? 1 : 0));
        return socket;
    }

    private static byte[] Unescape(string value)
    {
        List<byte> bytes = [];
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                if (!_unescaped.Contains(value[i]))
                {
                    throw new FormatException("it has a character that must be written as % and two hexadecimal digits");
                }
                bytes.Add((byte)value[i]);
            }
            else if (i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                bytes.AddRange(Convert.FromHexString(value.AsSpan(i + 1, 2)));
                i += 2;
            }
            else
            {
                throw new FormatException("after a % come two hexadecimal digits");
            }
        }
        return [.. bytes];
    }
}
