using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class ReloadLoop
{
    [LoggerMessage(3105, LogLevel.Error,
        "SIGHUP: cannot re-read the clients' configuration, the one before stays in force: {Reason}")]
    private partial void LogNotReloaded(string reason);

    [LoggerMessage(3113, LogLevel.Warning, "A file that could not be read is readable now: the clients' configuration is read again")]
    private partial void LogReadable();
}
