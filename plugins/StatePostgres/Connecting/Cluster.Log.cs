using Microsoft.Extensions.Logging;

namespace Mandos.StatePostgres.Connecting;

/// <content>Event ids 6200 to 6219.</content>
internal sealed partial class Cluster
{
    [LoggerMessage(6200, LogLevel.Information, "the shared store is PostgreSQL at {Host}, on timeline {Timeline}")]
    private partial void LogConnected(HostAddress host, long timeline);

    [LoggerMessage(6201, LogLevel.Warning, "{Host} has become the primary, on timeline {Timeline}; the one before counts no more")]
    private partial void LogPrimaryMoved(HostAddress host, long timeline);
}
