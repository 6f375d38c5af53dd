using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins.Instances;

internal sealed partial class PluginInstances
{
    [LoggerMessage(2010, LogLevel.Error, "{Fault}")]
    private partial void LogNotCreated(string fault);

    [LoggerMessage(2011, LogLevel.Error, "While stopping, plugin {Plugin} could not dispose its {Name}: {Reason}")]
    private partial void LogNotDisposed(string plugin, string name, string reason);

    [LoggerMessage(2013, LogLevel.Warning, "Not waiting until plugin {Plugin} has disposed its {Name}: a second signal came")]
    private partial void LogNotAwaited(string plugin, string name);
}
