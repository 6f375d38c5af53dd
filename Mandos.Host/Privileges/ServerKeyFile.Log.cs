using Microsoft.Extensions.Logging;

namespace Mandos.Host.Privileges;

internal sealed partial class ServerKeyFile
{
    [LoggerMessage(2080, LogLevel.Information,
        "{Path}: made a key for the secrets of clients that commands add; back it up together with the state")]
    private partial void LogCreated(string path);

    [LoggerMessage(2081, LogLevel.Warning, "{Path}: others than the owner could access it (mode {Mode}), and cannot any more")]
    private partial void LogTightened(string path, string mode);

    [LoggerMessage(2082, LogLevel.Warning, "{Path}: others than the owner can access it (mode {Mode}): {Reason}; chmod 600 {Path}")]
    private partial void LogOpenToOthers(string path, string mode, string reason);
}
