using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class PrivilegeDrop
{
    [LoggerMessage(3222, LogLevel.Information, "Running as user {User} and group {Group}")]
    private partial void LogBecame(string user, string group);

    [LoggerMessage(3230, LogLevel.Warning, "The state directory {Path} was not there and is new: nothing is known of what was decided before")]
    private partial void LogNewStateDirectory(string path);

    [LoggerMessage(3223, LogLevel.Warning, "Not started by root, so it cannot become user {User}: it stays {Own}")]
    private partial void LogNotRoot(string user, string own);

    [LoggerMessage(3227, LogLevel.Warning, "Root may not become user {User} here, so the server, and the checkers that it starts, stay root: {Reason}")]
    private partial void LogStaysRoot(string user, string reason);

    [LoggerMessage(3228, LogLevel.Warning,
        "Process {Tracer} traces this one, and so sees the secrets in its memory; they are not kept from other programs of this user either")]
    private partial void LogTraced(int tracer);

    [LoggerMessage(3224, LogLevel.Error, "Cannot keep debuggers and core dumps away from the secrets in memory: {Reason}")]
    private partial void LogNotProtected(string reason);

    [LoggerMessage(3225, LogLevel.Warning,
        "{File} can be read by root alone, so SIGHUP cannot re-read it; let group {Group} read it (chgrp {Group}, chmod 640), and secfiles")]
    private partial void LogNotReloadable(string file, string group);
}
