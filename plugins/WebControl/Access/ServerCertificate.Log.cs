using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

internal sealed partial class ServerCertificate
{
    [LoggerMessage(4524, LogLevel.Error, "The certificate has changed and is not used: {Reason}")]
    private partial void LogUnreadable(string reason);
}
