using Mandos.WebControl.Serving;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

internal sealed partial class TokenRoutes
{
    [LoggerMessage(4520, LogLevel.Warning, "Token “{Name}” with the scope {Scope} was made by {User}")]
    private partial void LogMade(string name, Scope scope, string? user);

    [LoggerMessage(4521, LogLevel.Warning, "Token “{Name}” was revoked by {User}")]
    private partial void LogRevoked(string name, string? user);
}
