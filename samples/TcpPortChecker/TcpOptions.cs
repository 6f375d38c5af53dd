using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.TcpPortChecker;

/// <summary>The host to check, and how.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Timeout">Time limit of a check, more than zero.</param>
internal sealed record TcpOptions(string Host, int Port, TimeSpan Timeout)
{
    public const string PortOption = "tcp_port";
    public const string TimeoutOption = "tcp_timeout";

    private const string HostOption = "host";

    // Nobody waits longer for a host that is up.
    private const int MaxSeconds = 600;

    // The longest name in DNS, with room for the zone of an address.
    private const int MaxHostLength = 255;

    /// <summary>Reads the options of a client.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="problems">Gets everything that is wrong with them.</param>
    /// <returns>The options; null if something is wrong.</returns>
    public static TcpOptions? Read(ClientSettings settings, ICollection<OptionProblem> problems)
    {
        // No value is repeated: it may be long, or have several lines.
        if (settings.Host is { Length: 0 or > MaxHostLength } || settings.Host.Any(char.IsControl))
        {
            problems.Add(new(HostOption, "has to be the name or the address of the client"));
        }

        int port = Number(settings, PortOption, otherwise: "");
        if (port is < 1 or > 65535)
        {
            problems.Add(new(PortOption, "has to be a port, 1 to 65535"));
        }

        int seconds = Number(settings, TimeoutOption, otherwise: "10");
        if (seconds is < 1 or > MaxSeconds)
        {
            problems.Add(new(TimeoutOption, $"has to be a number of seconds, 1 to {MaxSeconds}"));
        }

        return problems.Count == 0 ? new(settings.Host, port, TimeSpan.FromSeconds(seconds)) : null;
    }

    // Zero, which nothing here may be, if it is no number.
    private static int Number(ClientSettings settings, string option, string otherwise) => int.TryParse(
        settings.Options.GetValueOrDefault(option, otherwise), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number
        : 0;
}
