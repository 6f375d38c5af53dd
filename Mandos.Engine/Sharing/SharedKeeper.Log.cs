using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class SharedKeeper
{
    [LoggerMessage(2100, LogLevel.Warning, "Client {Client}: another server has forbidden what was to be allowed here; that stands")]
    private partial void LogOvertaken(string client);
}
