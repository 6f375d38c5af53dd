using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class ExtraPlugins
{
    [LoggerMessage(3106, LogLevel.Information,
        "Zeroconf is on, but no announcer plugin is there: clients find this server only by its address and port {Port}")]
    private partial void LogNoZeroconf(int port);

    [LoggerMessage(3107, LogLevel.Information,
        "D-Bus is on, but no D-Bus plugin is there: mandos-ctl and mandos-monitor cannot reach this server")]
    private partial void LogNoDBus();

    [LoggerMessage(3108, LogLevel.Information, "Announced as “{Name}”")]
    private partial void LogAnnounced(string name);

    [LoggerMessage(3024, LogLevel.Debug, "Plugins took {Milliseconds:F1} ms, of which {Loading:F1} ms to load")]
    private partial void LogPluginTime(double milliseconds, double loading);
}
