using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Transitions;

internal sealed partial class ClientTransitions
{
    [LoggerMessage(1100, LogLevel.Information, "Client {Client}: enabled")]
    private partial void LogEnabled(string client);

    [LoggerMessage(1101, LogLevel.Information, "Client {Client}: disabled")]
    private partial void LogDisabled(string client);

    [LoggerMessage(1102, LogLevel.Warning, "Client {Client}: not seen alive in time, disabling it; {LastCheck}")]
    private partial void LogExpired(string client, string lastCheck);

    [LoggerMessage(1105, LogLevel.Information, "Client {Client}: may expire later, as the server did not run for a while")]
    private partial void LogPutOff(string client);

    [LoggerMessage(1103, LogLevel.Information, "Client {Client}: removed")]
    private partial void LogRemoved(string client);

    [LoggerMessage(1301, LogLevel.Information, "Client {Client}: secret sent")]
    private partial void LogSent(string client);

    [LoggerMessage(1702, LogLevel.Information, "Client {Client}: its secret in the configuration has changed and replaces the one set at run time")]
    private partial void LogFileSecretWins(string client);

    [LoggerMessage(1106, LogLevel.Error,
        "Client {Client}: its secret was set at a server whose file has another secret of it, and cannot be read here: refused until the files are the same")]
    private partial void LogUnreadableSecret(string client);

    [LoggerMessage(1107, LogLevel.Information, "Client {Client}: a reboot is expected until {Until:u}{Approval}; reason: {Reason}")]
    private partial void LogRebootExpected(string client, DateTimeOffset until, string approval, string reason);

    [LoggerMessage(1108, LogLevel.Information, "Client {Client}: its reboot is not expected any more: {Ending}")]
    private partial void LogRebootEnded(string client, string ending);

    [LoggerMessage(1109, LogLevel.Warning, "Client {Client}: its reboot was expected, and it did not get its secret in time")]
    private partial void LogRebootLate(string client);

    [LoggerMessage(1110, LogLevel.Information, "Client {Client}: its next request until {Until:u} is a rehearsal")]
    private partial void LogRehearsalExpected(string client, DateTimeOffset until);

    [LoggerMessage(1111, LogLevel.Warning, "Client {Client}: it made no request in the time for its rehearsal")]
    private partial void LogRehearsalLate(string client);

    [LoggerMessage(1112, LogLevel.Information, "rehearsal: {Client} got its secret from {Peer}")]
    private partial void LogRehearsed(string client, IPEndPoint peer);

    [LoggerMessage(1113, LogLevel.Warning, "rehearsal: {Client} did not get its secret, asked for from {Peer}: {Reason}")]
    private partial void LogRehearsalFailed(string client, IPEndPoint peer, string reason);

    [LoggerMessage(1114, LogLevel.Information,
        "Client {Client}: its key, secret or host is another one than at its last boot; mandos-ctl --rehearse shows whether it can boot with it")]
    private partial void LogUnproven(string client);

    [LoggerMessage(1115, LogLevel.Information,
        "Client {Client}: it has got its next secret with its next key {Key}; the first check that begins from now on and succeeds promotes that key")]
    private partial void LogTried(string client, string key);

    [LoggerMessage(1116, LogLevel.Warning,
        "Client {Client}: it has got its present secret again, so its next key has to be tried once more before it is promoted")]
    private partial void LogTrialEnded(string client);

    [LoggerMessage(1117, LogLevel.Information, "Client {Client}: its key is {Key} now, as {Reason}; {Retired} is retired, and gets nothing any more")]
    private partial void LogPromoted(string client, string key, string reason, string retired);

    [LoggerMessage(1705, LogLevel.Information, "Client {Client}: its secret was replaced by a person")]
    private partial void LogSecretChanged(string client);
}
