using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mandos.Host.Logging;

namespace Mandos.Host.Configuration;

/// <summary>Turns the text of options into values. Each method returns what is wrong and what is allowed, or null.</summary>
internal static class OptionValues
{
    /// <summary>Turns a text into a value.</summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="text">The text.</param>
    /// <param name="value">The value, if it is good.</param>
    /// <returns>What is wrong and what is allowed, or null.</returns>
    public delegate string? Parser<T>(string text, out T value);

    /// <summary>Longest service name that DNS-SD allows, in bytes (RFC 6763 section 4.1.1).</summary>
    public const int MaxServiceNameBytes = 63;

    private const int MaxShown = 60;

    /// <summary>1/yes/true/on or 0/no/false/off in any case.</summary>
    public static string? ParseBoolean(string text, out bool value)
    {
        string lower = text.ToLowerInvariant();
        value = lower is "1" or "yes" or "true" or "on";
        return value || lower is "0" or "no" or "false" or "off" ? null
            : $"{Quote(text)} is no boolean; use 1, yes, true, on, 0, no, false or off";
    }

    /// <summary>A TCP port, 0 to 65535; 0 lets the kernel choose.</summary>
    public static string? ParsePort(string text, out int value)
        => ParseInteger(text, 0, 65535, "a port; use a number from 0 to 65535, where 0 lets the kernel choose", out value);

    /// <summary>A file descriptor, 0 or more.</summary>
    public static string? ParseDescriptor(string text, out int value)
        => ParseInteger(text, 0, int.MaxValue, "a file descriptor; use a number from 0", out value);

    /// <summary>A limit, 1 or more.</summary>
    public static string? ParseLimit(string text, out int value)
        => ParseInteger(text, 1, int.MaxValue, $"a limit; use a number from 1 to {int.MaxValue}", out value);

    /// <summary>How long the server may hang: zero, or from a second to a day.</summary>
    public static string? ParseWatchdog(string text, out TimeSpan value)
    {
        string? fault = Duration.Parse(text, out value);
        return fault is null && value != TimeSpan.Zero && (value < TimeSpan.FromSeconds(1) || value > TimeSpan.FromDays(1))
            ? $"{Quote(text)} is no time for the watchdog; use PT1S to P1D, or PT0S for none" : fault;
    }

    /// <summary>CRITICAL, ERROR, WARNING, INFO or DEBUG in any case, or what else Python's logging calls them.</summary>
    public static string? ParseLevel(string text, out DebugLevel value)
    {
        string name = text.ToUpperInvariant() switch { "FATAL" => "CRITICAL", "WARN" => "WARNING", "NOTSET" => "DEBUG", _ => text };
        return Enum.TryParse(name, ignoreCase: true, out value) && name.All(char.IsAsciiLetter) ? null
            : $"{Quote(text)} is no level; use CRITICAL, ERROR, WARNING, INFO or DEBUG";
    }

    /// <summary>The layout of the log.</summary>
    public static string? ParseFormat(string text, out OutputFormat value)
    {
        value = text == "json" ? OutputFormat.Json : OutputFormat.Text;
        return text is "json" or "text" ? null : $"{Quote(text)} is no format of the log; use text or json";
    }

    /// <summary>A name for Zeroconf, 1 to 63 bytes of UTF-8 without control characters.</summary>
    public static string? CheckServiceName(string text)
        => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= MaxServiceNameBytes && !text.Any(char.IsControl) ? null
            : $"{Quote(text)} is no service name; use 1 to {MaxServiceNameBytes} bytes of text";

    /// <summary>A file's or directory's name.</summary>
    public static string? CheckPath(string text)
        => text.Length > 0 && !text.Contains('\0') ? null : $"{Quote(text)} is no path; name a directory";

    /// <summary>The name of a file that the server opens again later, when its working directory may be another one.</summary>
    public static string? CheckFile(string text)
        => text.StartsWith('/') && !text.Any(char.IsControl) ? null : $"{Quote(text)} is no file; give its name from the root, such as /var/log/x";

    /// <summary>A text that must not be empty.</summary>
    public static string? CheckText(string text)
        => text.Length > 0 && !text.Any(char.IsControl) ? null : $"{Quote(text)} is not allowed; use one line of text";

    /// <summary>A network interface's name: 1 to 15 bytes without <c>/</c> and white space, as the kernel has it.</summary>
    public static string? CheckInterface(string text)
        => text is not ("." or "..") && Encoding.UTF8.GetByteCount(text) is > 0 and < 16
            && !text.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c)) ? null
            : $"{Quote(text)} is no interface; use a name of 1 to 15 bytes, such as eth0";

    /// <summary>The parts of a list that is separated by commas or white space.</summary>
    /// <param name="text">The list.</param>
    public static IReadOnlyList<string> Split(string text)
        => [.. text.Split([',', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>What there is to choose from, in words.</summary>
    /// <param name="names">One name at least.</param>
    public static string Choose(IReadOnlyList<string> names)
        => names.Count == 1 ? $"choose {names[0]}" : $"choose {string.Join(", ", names.SkipLast(1))} or {names[^1]}";

    /// <summary>An address to listen on: IPv6, or IPv4 where IPv6 is off.</summary>
    /// <param name="text">The literal, for IPv6 with an optional <c>%zone</c>.</param>
    /// <param name="useIPv6">Which kind is allowed.</param>
    public static string? CheckAddress(string text, bool useIPv6)
    {
        int percent = text.IndexOf('%', StringComparison.Ordinal);
        string literal = percent < 0 ? text : text[..percent];
        bool zoneIsFine = percent < 0 || (useIPv6 && CheckInterface(text[(percent + 1)..]) is null);
        // IPAddress takes forms that no other program does, such as [::1] and 127.1
        bool isAddress = literal.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.')
            && IPAddress.TryParse(literal, out IPAddress? address)
            && address.AddressFamily == (useIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)
            && (useIPv6 || address.ToString() == literal);
        if (isAddress && zoneIsFine)
        {
            return null;
        }

        return useIPv6
            ? $"{Quote(text)} is no IPv6 address; use one such as fe80::1%eth0, or ::FFFF:192.0.2.1 for IPv4"
            : $"{Quote(text)} is no IPv4 address; with IPv6 turned off use one such as 192.0.2.1";
    }

    /// <summary>A text for a message of one line: quoted, without control characters, and cut where it is long.</summary>
    /// <param name="text">Any text.</param>
    public static string Quote(string text) => text.Length == 0 ? "an empty value" : $"\"{Show(text)}\"";

    /// <summary>A text for a message of one line: up to its first control character, and cut where it is long.</summary>
    /// <remarks>After a line break there may be an indented line with a secret, which became part of this value.</remarks>
    /// <param name="text">Any text.</param>
    public static string Show(string text)
    {
        int end = 0;
        while (end < text.Length && end < MaxShown && !char.IsControl(text[end]) && text[end] is not ('\u2028' or '\u2029'))
        {
            end++;
        }

        return end == text.Length ? text : text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }

    /// <summary>An option's name for a message. A long one is more likely a line of a secret that nobody indented.</summary>
    /// <param name="name">The name.</param>
    public static string ShowName(string name) => name.Length <= 32 && !name.Any(char.IsControl) ? name : "(long name)";

    private static string? ParseInteger(string text, int least, int most, string what, out int value)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && value >= least && value <= most ? null : $"{Quote(text)} is not {what}";
}
