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

    [LoggerMessage(1705, LogLevel.Information, "Client {Client}: its secret was replaced by a person")]
    private partial void LogSecretChanged(string client);
}
