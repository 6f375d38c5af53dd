using System.Globalization;
using System.Text;
using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>The names that have to be nobody else's.</summary>
/// <param name="Instance">The name of the service, for people.</param>
/// <param name="Host">The first part of the host's name.</param>
internal sealed record ServiceNames(string Instance, string Host)
{
    private const string InstanceMark = " #";
    private const string HostMark = "-";
    private const string HostSuffix = "-mandos";

    /// <summary>The names to begin with.</summary>
    /// <param name="service">The name of the service.</param>
    /// <param name="machine">The name of the machine, of which the first part counts. The host's name is another one than the machine's: that may be
    /// Avahi's, or of any other responder on the machine.</param>
    public static ServiceNames Of(string service, string machine)
    {
        char[] letters = [.. machine.Split('.')[0].Where(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')];
        string label = new string(letters).Trim('-');
        label = label[..Math.Min(label.Length, DnsName.MaxLabelLength - HostSuffix.Length)];
        return new(service, label.Length == 0 ? "mandos" : label + HostSuffix);
    }

    /// <summary>The names to try when the service's is taken: as Avahi does, “Mandos”, “Mandos #2”, “Mandos #3”.</summary>
    public ServiceNames WithNextInstance() => this with { Instance = Next(Instance, InstanceMark) };

    /// <summary>The names to try when the host's is taken.</summary>
    public ServiceNames WithNextHost() => this with { Host = Next(Host, HostMark) };

    private static string Next(string name, string mark)
    {
        int at = name.LastIndexOf(mark, StringComparison.Ordinal);
        // int.MaxValue, and what only looks like a number, is part of the name
        bool isNumbered = at > 0 && int.TryParse(name.AsSpan(at + mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number is >= 2 and < int.MaxValue;
        (string stem, int next) = isNumbered
            ? (name[..at], int.Parse(name.AsSpan(at + mark.Length), NumberStyles.None, CultureInfo.InvariantCulture) + 1)
            : (name, 2);
        string end = string.Create(CultureInfo.InvariantCulture, $"{mark}{next}");
        return Shorten(stem, DnsName.MaxLabelLength - end.Length) + end;
    }

    /// <summary>Cuts a text between characters.</summary>
    private static string Shorten(string text, int bytes)
    {
        var kept = new StringBuilder();
        foreach (Rune letter in text.EnumerateRunes())
        {
            bytes -= letter.Utf8SequenceLength;
            if (bytes < 0)
            {
                break;
            }

            kept.Append(letter.ToString());
        }

        return kept.ToString();
    }
}
