using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class LastKnownClients
{
    [LoggerMessage(2110, LogLevel.Error, "What the shared store last told of clients whose when_cut_off is hold or serve cannot be read, so that none gets its secret before the store answers: {Reason}")]
    private partial void LogNotRead(string reason);

    [LoggerMessage(2111, LogLevel.Error, "What the shared store last told of clients whose when_cut_off is hold or serve cannot be kept; after a start without the store they get their secrets by what was kept before, or none: {Reason}")]
    private partial void LogNotWritten(string reason);
}
