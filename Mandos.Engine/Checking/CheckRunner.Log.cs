using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Checking;

internal sealed partial class CheckRunner
{
    [LoggerMessage(1200, LogLevel.Error, "Client {Client}: there is no checker plugin named “{Name}”; there are: {Names}")]
    private partial void LogNoChecker(string client, string name, string names);

    [LoggerMessage(1201, LogLevel.Error, "Client {Client}: cannot check it: {Reason}")]
    private partial void LogBadChecker(string client, string reason);

    [LoggerMessage(1202, LogLevel.Error, "Client {Client}: the checker plugin “{Name}” failed")]
    private partial void LogCheckerFault(string client, string name, Exception exception);

    [LoggerMessage(1203, LogLevel.Information, "Client {Client}: checker started: {Description}")]
    private partial void LogStarted(string client, string description);

    [LoggerMessage(1204, LogLevel.Information, "Client {Client}: checker succeeded")]
    private partial void LogSucceeded(string client);

    [LoggerMessage(1205, LogLevel.Information, "Client {Client}: checker failed with exit code {Code}")]
    private partial void LogFailed(string client, int code);

    [LoggerMessage(1208, LogLevel.Warning,
        "Client {Client}: its check cannot run: “{Command}” has exit code {Code}: {Meaning}; this is not told again until the command succeeds")]
    private partial void LogCannotRun(string client, string command, int code, string meaning);

    [LoggerMessage(1206, LogLevel.Warning, "Client {Client}: checker was killed by signal {Signal}")]
    private partial void LogSignaled(string client, int signal);

    [LoggerMessage(1207, LogLevel.Warning, "Client {Client}: check could not be carried out: {Reason}")]
    private partial void LogNotCarriedOut(string client, string reason);
}
