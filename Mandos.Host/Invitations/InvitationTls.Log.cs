using Microsoft.Extensions.Logging;

namespace Mandos.Host.Invitations;

internal sealed partial class InvitationTls
{
    [LoggerMessage(2090, LogLevel.Warning, "Made the key by which invited machines know this server, {Path}; a command of an earlier invitation finds another key, and fails")]
    private partial void LogMade(string path);
}
