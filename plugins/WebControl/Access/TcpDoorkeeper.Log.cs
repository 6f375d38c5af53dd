using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

internal sealed partial class TcpDoorkeeper
{
    [LoggerMessage(4522, LogLevel.Warning, "A wrong token came from {Address}")]
    private partial void LogWrongToken(IPAddress address);
}
