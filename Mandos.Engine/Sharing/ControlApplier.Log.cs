using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class ControlApplier
{
    [LoggerMessage(2101, LogLevel.Information, "Client {Client}: {Verdict} at another server")]
    private partial void LogVerdict(string client, string verdict);
}
