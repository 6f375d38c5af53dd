using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Reloading;

internal sealed partial class ClientLoader
{
    [LoggerMessage(1700, LogLevel.Warning, "No clients defined")]
    private partial void LogNoClients();

    [LoggerMessage(1706, LogLevel.Warning, "The configuration has no clients, the saved state has {Count}: nothing of it is forgotten")]
    private partial void LogNothingForgotten(int count);

    [LoggerMessage(1701, LogLevel.Information,
        "Client {Client}: was removed at run time, as “{Former}”, and stays so; mandos-ctl --forget and a reload bring it back")]
    private partial void LogStaysRemoved(string client, string former);

    [LoggerMessage(1710, LogLevel.Warning,
        "Client {Client}: is gone from the configuration. It was {State}, and is so again when its name or key is back, unless it is "
        + "forgotten: mandos-ctl --forget")]
    private partial void LogLeft(string client, string state);

    [LoggerMessage(1711, LogLevel.Warning, "{Count} more clients are gone from the configuration: mandos-ctl --kept")]
    private partial void LogMoreLeft(int count);

    [LoggerMessage(EventId = 1712, Message = "Client {Client}: is back in the configuration, which it left as “{Former}” at {Left:u}: {State}")]
    private partial void LogBack(LogLevel level, string client, string former, DateTimeOffset left, string state);

    [LoggerMessage(1713, LogLevel.Warning,
        "Client {Client}: has a key of “{Former}”, which was disabled or removed: disabled; mandos-ctl --enable enables it")]
    private partial void LogBarred(string client, string former);

    [LoggerMessage(1714, LogLevel.Information, "Forgot {Count} clients that are gone from the configuration for more than {Days} days")]
    private partial void LogForgotOld(int count, double days);

    [LoggerMessage(1716, LogLevel.Information, "Client {Client}: was called “{Former}” until now, and goes on as it was")]
    private partial void LogRenamed(string client, string former);

    [LoggerMessage(1703, LogLevel.Warning, "Client {Client}: expired while it was not watched and {Reason}: disabled")]
    private partial void LogExpiredMeanwhile(string client, string reason);
}
