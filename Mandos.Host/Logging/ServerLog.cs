using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>The server's log. Disposing it writes the last lines.</summary>
internal sealed class ServerLog : IDisposable
{
    private readonly LogFormat _format = new();
    private readonly List<ILoggerProvider> _providers = [];
    private readonly SyslogLoggerProvider? _syslog;
    private readonly JsonLoggerProvider? _json;

    /// <param name="minimumLevel">The least level that is logged, from <c>--debuglevel</c>.</param>
    /// <param name="terminal">Standard error, or null to log nothing to it.</param>
    /// <param name="showStackTraces">Whether the terminal shows the stack traces of exceptions; for debug mode.</param>
    /// <param name="timeProvider">The clock and the time zone.</param>
    /// <param name="useSyslog">Whether to log to the system's log too.</param>
    /// <param name="format">How standard error is written.</param>
    public ServerLog(
        LogLevel minimumLevel, Stream? terminal, bool showStackTraces, TimeProvider timeProvider, bool useSyslog = false,
        OutputFormat format = OutputFormat.Text)
    {
        if (useSyslog)
        {
            _syslog = new SyslogLoggerProvider(new LineWriter(new Syslog(_format).Write));
            _providers.Add(_syslog);
        }

        if (terminal is not null && format == OutputFormat.Json)
        {
            _json = new JsonLoggerProvider(terminal, timeProvider, showStackTraces);
            _providers.Add(_json);
        }
        else if (terminal is not null)
        {
            _providers.Add(new TerminalLoggerProvider(new LineWriter(terminal), _format, timeProvider, showStackTraces));
        }

        // LoggerFactory.Create would start a dependency injection container, which takes longer than all the rest of logging.
        Factory = new LoggerFactory(_providers, new LoggerFilterOptions { MinLevel = minimumLevel });
    }

    /// <summary>Makes the loggers of all parts of the server and of plugins.</summary>
    public ILoggerFactory Factory { get; }

    /// <summary>Whether standard error has lines of JSON, so that nothing else belongs there.</summary>
    public bool IsJson => _json is not null;

    /// <inheritdoc cref="LogFormat.ServiceName"/>
    public string ServiceName
    {
        get => _format.ServiceName;
        set => _format.ServiceName = value;
    }

    /// <summary>Logs why the server cannot start, but not as text to the terminal, where that stands anyway.</summary>
    /// <param name="reason">The reason, one line.</param>
    public void WriteFatal(string reason)
    {
        _syslog?.Write("Mandos.Host", LogLevel.Critical, default, reason, null);
        _json?.Write("Mandos.Host", LogLevel.Critical, default, reason, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Factory.Dispose();

        // The factory leaves to their owner the providers that it did not make.
        _providers.ForEach(provider => provider.Dispose());
    }
}
