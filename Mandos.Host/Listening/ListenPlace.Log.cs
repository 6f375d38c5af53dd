using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

internal sealed partial class ListenPlace
{
    [LoggerMessage(3000, LogLevel.Error,
        "Not listening on {Place}, interface {Name}, nor anywhere else in its place: {Reason}. It is tried again until it works")]
    private partial void LogNotListening(string place, string name, string reason);

    [LoggerMessage(3001, LogLevel.Warning,
        "Interface {Name} is gone: nobody is served on port {Port} there until it is back, be it as a new one of that name")]
    private partial void LogGone(string name, int port);
}
