using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class Membership
{
    [LoggerMessage(2112, LogLevel.Error, "The clients that waited for the shared store could not be loaded; reload the configuration")]
    private partial void LogNotLoaded(Exception exception);
}
