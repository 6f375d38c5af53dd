using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class EngineSettings
{
    [LoggerMessage(3111, LogLevel.Warning,
        "max_connections is {Wanted}, but the limit on open files allows {Room} connections; raise that (LimitNOFILE= in systemd)")]
    private partial void LogFewDescriptors(int wanted, long room);
}
