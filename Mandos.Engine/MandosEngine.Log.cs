using Microsoft.Extensions.Logging;

namespace Mandos.Engine;

// All in one file: over several, the generator writes them in an order that changes, and no two builds are the same.
public sealed partial class MandosEngine
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

    [LoggerMessage(1715, LogLevel.Information, "Client {Client}: what was kept of it is forgotten, by a person")]
    private partial void LogForgotten(string client);

    [LoggerMessage(1716, LogLevel.Information, "Client {Client}: was called “{Former}” until now, and goes on as it was")]
    private partial void LogRenamed(string client, string former);

    [LoggerMessage(1717, LogLevel.Warning,
        "The server did not run for {Seconds:F0} s or more: stopped, frozen, or its machine overloaded. This time does not count as the clients' silence")]
    private partial void LogGap(double seconds);

    [LoggerMessage(1702, LogLevel.Information, "Client {Client}: its secret in the configuration has changed and replaces the one set at run time")]
    private partial void LogFileSecretWins(string client);

    [LoggerMessage(1703, LogLevel.Warning, "Client {Client}: expired while it was not watched and {Reason}: disabled")]
    private partial void LogExpiredMeanwhile(string client, string reason);

    [LoggerMessage(1704, LogLevel.Error, "Not waiting longer than {Seconds} s for {What}")]
    private partial void LogSlow(string what, double seconds);

    [LoggerMessage(1705, LogLevel.Information, "Client {Client}: its secret was replaced by a person")]
    private partial void LogSecretChanged(string client);

    [LoggerMessage(1800, LogLevel.Information,
        "Configuration re-read: {Count} clients, {Added} added, {Removed} removed, {Changed} changed")]
    private partial void LogReloaded(int count, int added, int removed, int changed);

    [LoggerMessage(1801, LogLevel.Error, "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(1802, LogLevel.Error,
        "The configuration was not taken up (problems above: {Count}); the one before stays in force")]
    private partial void LogNotReloaded(int count);
}
