using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Commands;

internal sealed partial class ClientCommands
{
    [LoggerMessage(1715, LogLevel.Information, "Client {Client}: forgotten by a person")]
    private partial void LogForgotten(string client);
}
