using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class EngineStart
{
    [LoggerMessage(3101, LogLevel.Information, "Serving {Clients}")]
    private partial void LogStarted(string clients);

    [LoggerMessage(3023, LogLevel.Warning, "Plugin {Plugin}: {Name} takes long to load the state; the server waits for it")]
    private partial void LogSlowStore(string plugin, string name);

    [LoggerMessage(3040, LogLevel.Warning, "{Advice}")]
    private partial void LogCutOffAdvice(string advice);

    [LoggerMessage(3041, LogLevel.Warning, "--no-restore has no meaning with a state store that servers share: what they have decided holds")]
    private partial void LogRestoreMeaningless();
}
