using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins.Instances;

internal sealed partial class UnhandledExceptions
{
    [LoggerMessage(2012, LogLevel.Error, "Plugin {Name} let an exception go on a thread of its own: {Reason} (not logged before: {Unlogged})")]
    private partial void LogUnhandled(string name, string reason, int unlogged);

    [LoggerMessage(2014, LogLevel.Debug, "Plugin {Name}: {Trace}")]
    private partial void LogTrace(string name, string trace);
}
