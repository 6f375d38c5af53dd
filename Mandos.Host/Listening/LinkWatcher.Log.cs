using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

internal sealed partial class LinkWatcher
{
    [LoggerMessage(3030, LogLevel.Warning,
        "The kernel does not tell of changes of network interfaces ({Reason}); they are looked at every {Seconds} s instead")]
    private partial void LogNoMessages(string reason, double seconds);
}
