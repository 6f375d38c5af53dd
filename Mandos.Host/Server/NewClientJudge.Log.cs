using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class NewClientJudge
{
    [LoggerMessage(2085, LogLevel.Warning, "Client {Client}: {Doubt}")]
    private partial void LogDoubt(string client, string doubt);
}
