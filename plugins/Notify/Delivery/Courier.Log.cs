using Microsoft.Extensions.Logging;

namespace Mandos.Notify.Delivery;

internal sealed partial class Courier
{
    [LoggerMessage(4700, LogLevel.Warning, "Target {Target}: {Reason}; trying again")]
    private partial void LogFailed(string target, string reason);

    [LoggerMessage(4701, LogLevel.Debug, "Target {Target}: {Reason}; trying again in {Seconds:0} s")]
    private partial void LogFailedAgain(string target, string reason, double seconds);

    [LoggerMessage(4702, LogLevel.Warning, "Target {Target} was not told “{Type}”, after {Attempts} attempts: {Reason}")]
    private partial void LogLost(string target, string type, int attempts, string reason);

    [LoggerMessage(4703, LogLevel.Information, "Target {Target} can be reached again")]
    private partial void LogBack(string target);

    [LoggerMessage(4704, LogLevel.Debug, "Target {Target} was told “{Type}”")]
    private partial void LogTold(string target, string type);
}
