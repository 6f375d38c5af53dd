using System.Globalization;
using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A service as somebody finds it who looks for it by Zeroconf.</summary>
/// <param name="Interface">The interface by which it is found.</param>
/// <param name="Protocol">IPv4 or IPv6.</param>
/// <param name="Name">Its name.</param>
/// <param name="Port">Its port.</param>
/// <param name="Text">Its TXT records.</param>
/// <param name="Address">The address where it is.</param>
internal sealed partial record AnnouncedService(string Interface, string Protocol, string Name, int Port, string Text, string Address)
{
    /// <summary>Reads a line of <c>avahi-browse --parsable --resolve</c>; null if it says of no service where it is.</summary>
    public static AnnouncedService? Parse(string line)
    {
        // =;cable;IPv6;Mandos\032\0352;_mandos._tcp;local;server.local;fe80::1;33445;
        string[] fields = line.Split(';');
        return fields[0] == "=" && fields.Length >= 10
            ? new(fields[1], fields[2], Unescape(fields[3]), int.Parse(fields[8], CultureInfo.InvariantCulture), fields[9], fields[7])
            : null;
    }

    private static string Unescape(string text) => Escape().Replace(text, match => match.Groups[1].Value is { Length: > 0 } code
        ? ((char)int.Parse(code, CultureInfo.InvariantCulture)).ToString()
        : match.Groups[2].Value);

    [GeneratedRegex(@"\\(?:([0-9]{3})|(.))")]
    private static partial Regex Escape();
}
