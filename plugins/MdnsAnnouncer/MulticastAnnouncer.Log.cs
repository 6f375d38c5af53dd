using Microsoft.Extensions.Logging;

namespace Mandos.MdnsAnnouncer;

public sealed partial class MulticastAnnouncer
{
    [LoggerMessage(4240, LogLevel.Debug, "Announces only without Avahi, which is there: {IsThere}")]
    private partial void LogWaiting(bool isThere);

    [LoggerMessage(4241, LogLevel.Warning,
        "Avahi has not been on the D-Bus for {Seconds} s: announced by Multicast DNS without it, until it is there")]
    private partial void LogStandingIn(double seconds);
}
