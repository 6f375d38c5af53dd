using System.Composition;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Plugins;

namespace My.Checker_1;

/// <summary>
/// A client is alive if a web server on it answers a GET of <c>http://HOST:PORT/</c> with success, a status of 200 to 299.
/// </summary>
/// <remarks>
/// One instance serves all clients, from several threads at once. Anybody on the way to a client could answer in its place:
/// where more is at stake, ask for something that only the client can give.
/// </remarks>
[ExportChecker("my_checker_1", Options = [PortOption, TimeoutOption])]
public sealed class HttpChecker : IChecker, IDisposable
{
    private const string PortOption = "my_checker_1_port";
    private const string TimeoutOption = "my_checker_1_timeout";

    private readonly TimeProvider _timeProvider;
    private readonly HttpClient _http;

    /// <summary>The server makes one at its start. No input or output here.</summary>
    [ImportingConstructor]
    public HttpChecker(IPluginContext context)
    {
        _timeProvider = context.TimeProvider;

        // Neither a proxy nor a redirect may answer for the client, and no connection is kept until the next check.
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionIdleTimeout = TimeSpan.Zero,
        };

        // Each check has a limit of its own.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>At the start: finds typing errors before the first check. No input or output here.</summary>
    public IReadOnlyList<OptionProblem> Validate(ClientSettings settings)
    {
        List<OptionProblem> problems = [];
        ReadAddress(settings, problems);
        ReadTimeout(settings, problems);
        return problems;
    }

    /// <summary>Before each check: the client's settings may have changed since the start. No input or output here.</summary>
    public ICheck Prepare(ClientSnapshot client)
    {
        List<OptionProblem> problems = [];
        Uri? address = ReadAddress(client.Settings, problems);
        TimeSpan timeout = ReadTimeout(client.Settings, problems);
        return problems is [var problem, ..]
            ? throw new CheckPreparationException($"{problem.Option} {problem.Message}")
            : new HttpCheck(address!, timeout, _http, _timeProvider);
    }

    /// <summary>The server calls it when it stops.</summary>
    public void Dispose() => _http.Dispose();

    private static Uri? ReadAddress(ClientSettings settings, List<OptionProblem> problems)
    {
        int port = 80;
        if (settings.Options.TryGetValue(PortOption, out string? text)
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535))
        {
            problems.Add(new(PortOption, "should be a port, 1 to 65535"));
        }

        if (Uri.CheckHostName(settings.Host) == UriHostNameType.Unknown)
        {
            problems.Add(new("host", "should be the name or the address of the client"));
        }

        return problems.Count == 0 ? new UriBuilder(Uri.UriSchemeHttp, settings.Host, port).Uri : null;
    }

    private static TimeSpan ReadTimeout(ClientSettings settings, List<OptionProblem> problems)
    {
        double seconds = 10;
        if (settings.Options.TryGetValue(TimeoutOption, out string? text)
            && !(double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds)
                && seconds is > 0 and <= 3600))
        {
            problems.Add(new(TimeoutOption, "should be a number of seconds, above 0 and up to 3600"));
            return default;
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
