using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Invitations;

internal sealed partial class InvitationBook
{
    [LoggerMessage(1610, LogLevel.Error, "Nobody can be invited: {Reason}")]
    private partial void LogUnusable(string reason);
}
