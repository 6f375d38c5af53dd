using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

internal sealed partial class ReleaseGates
{
    [LoggerMessage(1901, LogLevel.Error, "Client {Client}: refused its secret: {Reason}")]
    private partial void LogRefused(string client, string reason);

    [LoggerMessage(1904, LogLevel.Error, "Client {Client}: what has to agree before its secret is sent has failed")]
    private partial void LogFault(string client, Exception exception);
}
