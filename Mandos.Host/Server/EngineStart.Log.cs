using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class EngineStart
{
    [LoggerMessage(3101, LogLevel.Information, "Serving {Count} clients")]
    private partial void LogStarted(int count);

    [LoggerMessage(3023, LogLevel.Warning, "Plugin {Plugin}: {Name} takes long to load the state; the server waits for it")]
    private partial void LogSlowStore(string plugin, string name);
}
