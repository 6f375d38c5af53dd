using System.Composition;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;

namespace My.Checker_1;

/// <summary>A client is alive if a web server on it answers a GET of http://HOST:PORT/ with success (a status of 200 to 299).</summary>
/// <remarks>
/// One instance serves all clients, from several threads at once. Whoever is in the path can answer in place of a client: for what is worth
/// more, ask for something that the client alone has.
/// </remarks>
[ExportChecker("mychecker", Options = [PortOption, TimeoutOption])]
public sealed class HttpChecker : IChecker, IDisposable
{
    private const string PortOption = "mychecker_port";
    private const string TimeoutOption = "mychecker_timeout";

    private readonly TimeProvider _timeProvider;

    // Neither a proxy nor a redirect may answer for the client, and no connection stays open until the next check.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.Zero,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // each check has its own limit
    };

    /// <summary>The server makes one, at its start. No input or output here.</summary>
    [ImportingConstructor]
    public HttpChecker(IPluginContext context) => _timeProvider = context.TimeProvider;

    /// <summary>At start: finds typing errors before the first check.</summary>
    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
    {
        List<OptionProblem> problems = [];
        ReadAddress(settings, problems);
        ReadTimeout(settings, problems);
        return problems;
    }

    /// <summary>Before each check. The client's settings may have changed since the start.</summary>
    public ICheck Prepare(ClientSnapshot client)
    {
        List<OptionProblem> problems = [];
        Uri? address = ReadAddress(client.Settings, problems);
        TimeSpan timeout = ReadTimeout(client.Settings, problems);
        return address is not null && problems.Count == 0
            ? new HttpCheck(_http, address, timeout, _timeProvider)
            : throw new CheckPreparationException($"{problems[0].Option}: {problems[0].Message}");
    }

    /// <summary>When the server stops.</summary>
    public void Dispose() => _http.Dispose();

    private static Uri? ReadAddress(ClientSettings settings, List<OptionProblem> problems)
    {
        int port = 80;
        if (settings.Options.TryGetValue(PortOption, out string? text)
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535))
        {
            problems.Add(new(PortOption, $"“{text}” is not a port: a number from 1 to 65535"));
            return null;
        }

        if (Uri.CheckHostName(settings.Host) == UriHostNameType.Unknown)
        {
            problems.Add(new("host", $"“{settings.Host}” is neither a host's name nor an address"));
            return null;
        }

        return new UriBuilder(Uri.UriSchemeHttp, settings.Host, port).Uri;
    }

    private static TimeSpan ReadTimeout(ClientSettings settings, List<OptionProblem> problems)
    {
        double seconds = 10;
        if (settings.Options.TryGetValue(TimeoutOption, out string? text)
            && !(double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds)
                && seconds is > 0 and <= 3600))
        {
            problems.Add(new(TimeoutOption, $"“{text}” is not a number of seconds, more than 0 and at most 3600"));
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
