using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Persistence;

internal sealed partial class StateKeeper
{
    [LoggerMessage(1400, LogLevel.Error,
        "Cannot save the clients' state: {Reason}; serving goes on, trying again within {Seconds} s. Unsaved changes are lost if the server ends.")]
    private partial void LogNotSaved(string reason, double seconds);

    [LoggerMessage(1403, LogLevel.Error,
        "The clients' state was read, but cannot be saved: {Reason}; serving goes on. Changes are lost if the server ends before they can be saved.")]
    private partial void LogBeganUnsaved(string reason);

    [LoggerMessage(1402, LogLevel.Error,
        "The state store has not ended a save for {Seconds:F0} s; serving goes on. Unsaved changes are lost if the server ends.")]
    private partial void LogSlow(double seconds);

    [LoggerMessage(1401, LogLevel.Warning, "The clients' state is saved again")]
    private partial void LogSavedAgain();
}
