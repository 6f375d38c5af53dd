using Mandos.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class ClientSource
{
    [LoggerMessage(2060, LogLevel.Information, "{Note}")]
    private partial void LogNote(ConfigProblem note);

    [LoggerMessage(2064, LogLevel.Warning, "{Fault}")]
    private partial void LogProgram(string fault);

    [LoggerMessage(2065, LogLevel.Information, "Cannot find out whether the programs of the clients' checks are there: {Reason}")]
    private partial void LogNotSearched(string reason);

    [LoggerMessage(2061, LogLevel.Error, "{Problem}")]
    private partial void LogProblem(ConfigProblem problem);

    [LoggerMessage(2062, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(ConfigProblem warning);

    [LoggerMessage(2063, LogLevel.Error, "Left out until the files are mended and read again: {Names} ({Count} in all); they {Meaning}")]
    private partial void LogLeftOut(int count, string names, string meaning);

    [LoggerMessage(2066, LogLevel.Error, "Until the files are mended and read again only the present keys are valid of {Names} ({Count} in all), not the next ones")]
    private partial void LogFaultyNext(int count, string names);
}
