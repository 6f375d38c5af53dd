using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class Supervisor
{
    [LoggerMessage(3020, LogLevel.Error, "{Name} failed: {Reason}; it is run again in {Seconds} s")]
    private partial void LogEnded(string name, string reason, double seconds);

    [LoggerMessage(3019, LogLevel.Error,
        "Plugin {Plugin}: {Name} lacks code that it needs, so it is not run again: {Reason}; install the plugin again, with all its files")]
    private partial void LogHopeless(string plugin, string name, string reason);

    [LoggerMessage(3021, LogLevel.Warning,
        "Plugin {Plugin}: {Name} hangs at its start: it has not returned from RunAsync within {Seconds} s; the server goes on without waiting for it")]
    private partial void LogHangs(string plugin, string name, double seconds);

    [LoggerMessage(3022, LogLevel.Warning, "Plugin {Plugin}: {Name} does not stop: it still runs {Seconds} s after it was told to end")]
    private partial void LogDoesNotStop(string plugin, string name, double seconds);
}
