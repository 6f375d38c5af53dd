using System.Buffers;
using System.Net;

namespace Mandos.CheckerFping.Pings;

/// <summary>Hosts that fping can be given with others.</summary>
internal static class PingHost
{
    private const string CommandBefore = "fping -q -- ";

    /// <summary>The longest name in DNS (RFC 1035), with the point at its end.</summary>
    private const int MaxLength = 254;

    // A shell and fping take these as they are. Without white space, no host can look like what fping says of another.
    private static readonly SearchValues<char> _plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:.-");

    /// <summary>The host of the default command.</summary>
    /// <param name="command">A command for the shell.</param>
    /// <returns>Null if the command is another one, or one that only the shell understands.</returns>
    public static string? Of(string command)
    {
        if (!command.StartsWith(CommandBefore, StringComparison.Ordinal))
        {
            return null;
        }

        string host = command[CommandBefore.Length..];
        return host.Length is > 0 and <= MaxLength && host[0] is not '-' && !host.AsSpan().ContainsAnyExcept(_plain) ? host : null;
    }

    /// <summary>Whether a host is an address, for which nothing is looked up. Only the usual spelling counts.</summary>
    public static bool IsAddress(string host)
        => IPAddress.TryParse(host, out IPAddress? address) && address.ToString().Equals(host, StringComparison.OrdinalIgnoreCase);
}
