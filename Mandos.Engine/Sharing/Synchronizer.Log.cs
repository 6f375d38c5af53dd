using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class Synchronizer
{
    [LoggerMessage(2102, LogLevel.Error,
        "The shared store does not answer as it should: {Reason}; without it, no secrets are given after {Seconds:F1} s, but to clients whose when_cut_off is hold or serve")]
    private partial void LogNotSynced(string reason, double seconds);

    [LoggerMessage(2103, LogLevel.Warning, "The shared store answers again")]
    private partial void LogBack();
}
