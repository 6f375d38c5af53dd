using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

internal sealed partial class ClientCertificates
{
    [LoggerMessage(4523, LogLevel.Error, "No client can sign in by certificate: {Reason}")]
    private partial void LogUnreadable(string reason);
}
