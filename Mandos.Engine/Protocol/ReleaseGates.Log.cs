using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

internal sealed partial class ReleaseGates
{
    [LoggerMessage(1901, LogLevel.Error, "Client {Client}: refused its secret: {Reason}")]
    private partial void LogRefused(string client, string reason);

    [LoggerMessage(1904, LogLevel.Error, "Client {Client}: a release gate failed, so its secret is not sent")]
    private partial void LogFault(string client, Exception exception);
}
