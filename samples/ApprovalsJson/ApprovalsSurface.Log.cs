using Microsoft.Extensions.Logging;

namespace Mandos.ApprovalsJson;

public sealed partial class ApprovalsSurface
{
    [LoggerMessage(4400, LogLevel.Warning, "Events came faster than they could be written: some are missing in {File}")]
    private partial void LogLost(string file);
}
