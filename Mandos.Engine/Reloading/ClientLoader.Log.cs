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

    [LoggerMessage(1720, LogLevel.Warning,
        "Client {Client}: was added by a command, and gives way to “{Successor}” in the configuration, which has its name or key")]
    public partial void LogFilesWin(string client, string successor);

    [LoggerMessage(1721, LogLevel.Error,
        "{Count} clients that were added by a command are not served ({Clients}): {Reason}. The server tries again; or forget them: mandos-ctl --forget")]
    private partial void LogAddedUnserved(int count, string clients, string reason);

    [LoggerMessage(1723, LogLevel.Warning, "{Count} clients that were added by a command are served again ({Clients}): the server key can be read now")]
    private partial void LogAddedServed(int count, string clients);

    [LoggerMessage(1722, LogLevel.Information, "Client {Client}: added by a command")]
    private partial void LogAdded(string client);

    [LoggerMessage(1724, LogLevel.Warning, "Client {Client}: its key {Key} was retired, and is valid again, as the files say")]
    private partial void LogRetiredIsBack(string client, string key);

    [LoggerMessage(1725, LogLevel.Warning,
        "Client {Client}: its next_key_id {Key} has no effect, as client {Decided} was removed or disabled with that key; mandos-ctl --forget forgets that")]
    private partial void LogNextIsDecided(string client, string key, string decided);

    [LoggerMessage(1726, LogLevel.Warning,
        "next_key_id has no effect with servers that share their state; {Count} clients have one ({Clients}), and keep their present keys")]
    private partial void LogNextWithoutEffect(int count, string clients);

    [LoggerMessage(1727, LogLevel.Error,
        "Client {Client}: is not served: its key {Key} is retired, and there is a mistake in the next one of the files, which has taken its place")]
    private partial void LogRetiredAlone(string client, string key);

    [LoggerMessage(1703, LogLevel.Warning, "Client {Client}: expired while it was not watched and {Reason}: disabled")]
    private partial void LogExpiredMeanwhile(string client, string reason);
}
