using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class SharedKeeper
{
    [LoggerMessage(2100, LogLevel.Warning, "Client {Client}: another server has forbidden what was to be allowed here; that stands")]
    private partial void LogOvertaken(string client);

    [LoggerMessage(2114, LogLevel.Error, "Client {Client}: the shared store has not taken what was decided here, and it is tried again; the other servers do not know of it: {Reason}")]
    private partial void LogNotTaken(string client, string reason);
}
