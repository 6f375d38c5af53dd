using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace Mandos.Bus;

/// <summary>One address of a bus (D-Bus specification, "Server Addresses"), or why it cannot be used.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="EndPoint">Where to connect, if it can be used.</param>
/// <param name="Problem">Why it cannot.</param>
public sealed record BusAddress(string Text, UnixDomainSocketEndPoint? EndPoint, string? Problem)
{
    private static readonly SearchValues<char> _unescaped = SearchValues.Create(
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/.\\*");

    /// <summary>The system bus: the variable <c>DBUS_SYSTEM_BUS_ADDRESS</c>, else its usual socket.</summary>
    public static string System
        => Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address
            ? address
            : "unix:path=/run/dbus/system_bus_socket";

    /// <summary>The addresses of a list, in its order.</summary>
    public static IReadOnlyList<BusAddress> ParseList(string list)
        => [.. list.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];

    private static BusAddress Parse(string text)
    {
        const string Unix = "unix:";
        try
        {
            return text.StartsWith(Unix, StringComparison.Ordinal)
                ? new(text, ParseSocket(text[Unix.Length..]), null)
                : throw new FormatException("only addresses that begin with \"unix:\" are known");
        }
        catch (FormatException e)
        {
            return new(text, null, e.Message);
        }
    }

    private static UnixDomainSocketEndPoint ParseSocket(string options)
    {
        // Others, such as guid, say nothing about where the socket is.
        string[] places = [.. options.Split(',').Where(option => option.Split('=')[0] is "path" or "abstract")];
        if (places is not [var place] || !place.Contains('=', StringComparison.Ordinal))
        {
            throw new FormatException("it must have one path= or one abstract=");
        }

        int value = place.IndexOf('=', StringComparison.Ordinal) + 1;
        string path = Unescape(place[value..]);
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException("its path is empty or has a NUL");
        }

        try
        {
            return new UnixDomainSocketEndPoint(place[0] == 'a' ? '\0' + path : path);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new FormatException("its path is longer than 107 bytes");
        }
    }

    private static string Unescape(string value)
    {
        List<byte> bytes = [];
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                bytes.Add(_unescaped.Contains(value[i])
                    ? (byte)value[i]
                    : throw new FormatException("it has a character that must be written as % and two hexadecimal digits"));
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

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
