using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

internal sealed partial class PluginCatalog
{
    [LoggerMessage(2000, LogLevel.Debug, "Plugin {Name} {Version} loaded: {Exports}")]
    private partial void LogLoaded(string name, string? version, string exports);

    [LoggerMessage(2001, LogLevel.Error, "Plugin {Name} is not used: {Reason} ({File})")]
    private partial void LogRefused(string name, string file, string reason);

    [LoggerMessage(2002, LogLevel.Debug, "{File} is not a plugin")]
    private partial void LogNotAPlugin(string file);

    [LoggerMessage(2050, LogLevel.Information, "Plugin {Name} is not used: {Reason}")]
    private partial void LogDisabled(string name, string? reason);

    [LoggerMessage(2053, LogLevel.Debug, "Plugin {Name} is not used: {Reason}")]
    private partial void LogNotChosen(string name, string? reason);
}
