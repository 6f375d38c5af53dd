using System.Globalization;
using System.Net;
using System.Xml;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerSsh.Keys;
using Mandos.CheckerSsh.Limits;
using Mandos.CheckerSsh.Texts;

namespace Mandos.CheckerSsh.Options;

/// <summary>What the options of a client say about its check.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">TCP port, 1 to 65535.</param>
/// <param name="Timeout">Time limit of a whole check: more than zero, at most <see cref="SshLimits.CheckTime"/>.</param>
/// <param name="Keys">The keys of which the host has to have one.</param>
internal sealed record SshOptions(string Host, int Port, TimeSpan Timeout, PinnedKeys Keys)
{
    /// <summary>The option that names the keys.</summary>
    public const string KeyOption = "ssh_host_key";

    /// <summary>The option for <see cref="Port"/>.</summary>
    public const string PortOption = "ssh_port";

    /// <summary>The option for <see cref="Timeout"/>.</summary>
    public const string TimeoutOption = "ssh_timeout";

    private const string HostOption = "host";
    private const int DefaultPort = 22;

    /// <summary>Reads the options of a client.</summary>
    /// <param name="settings">The client's settings.</param>
    /// <param name="problems">Gets everything that is wrong with them.</param>
    /// <returns>The options, or null if something is wrong.</returns>
    public static SshOptions? Read(ClientSettings settings, List<OptionProblem> problems)
    {
        string host = ReadHost(settings.Host, problems);
        PinnedKeys keys = PinnedKeys.Read(Value(KeyOption), message => problems.Add(new OptionProblem(KeyOption, message)));
        int port = ReadPort(Value(PortOption), problems);
        TimeSpan timeout = ReadTimeout(Value(TimeoutOption), problems);
        return problems.Count == 0 ? new SshOptions(host, port, timeout, keys) : null;

        string? Value(string option) => settings.Options.GetValueOrDefault(option)?.Trim();
    }

    private static string ReadHost(string text, List<OptionProblem> problems)
    {
        string host = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        string? problem =
            host.Length == 0 ? "is missing; it has to be the name or address of the SSH server"
            : host.Length > SshLimits.HostLength ? $"is too long; a name has at most {SshLimits.HostLength} characters"
            : host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) ? "has to be one name or address, without spaces"
            : host.Contains('[', StringComparison.Ordinal)
                || (host.AsSpan().ContainsAny(":@/") && !IPAddress.TryParse(host, out _))
                ? $"has to be a name or an address and nothing else; the port goes into {PortOption}"
            : null;
        if (problem != null)
        {
            problems.Add(new OptionProblem(HostOption, problem));
        }

        return host;
    }

    private static int ReadPort(string? text, List<OptionProblem> problems)
    {
        if (text == null)
        {
            return DefaultPort;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is < 1 or > IPEndPoint.MaxPort)
        {
            problems.Add(new OptionProblem(
                PortOption, $"{Text.Quote(text)} is no port; use a number from 1 to 65535, such as 22"));
        }

        return port;
    }

    /// <summary>Like the other durations of clients.conf; where these end at whole seconds, a fraction is allowed.</summary>
    private static TimeSpan ReadTimeout(string? text, List<OptionProblem> problems)
    {
        if (text == null)
        {
            return SshLimits.DefaultCheckTime;
        }

        TimeSpan timeout = TimeSpan.Zero;
        try
        {
            timeout = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                ? TimeSpan.FromSeconds(seconds)
                : XmlConvert.ToTimeSpan(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            problems.Add(new OptionProblem(
                TimeoutOption, $"{Text.Quote(text)} is no duration; use one such as PT10S (RFC 3339), or a number of seconds"));
            return timeout;
        }

        if (timeout <= TimeSpan.Zero || timeout > SshLimits.CheckTime)
        {
            problems.Add(new OptionProblem(
                TimeoutOption, $"{Text.Quote(text)} is out of range; it has to be more than zero and at most PT10M"));
        }

        return timeout;
    }
}
