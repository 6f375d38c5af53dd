using Microsoft.Extensions.Logging;

namespace Mandos.Host.Migration;

internal sealed partial class StockStateImport
{
    [LoggerMessage(2070, LogLevel.Information,
        "{File}: the state of Debian's server is taken over: {Clients} clients, {Disabled} of them disabled, {Secrets} with secrets set at "
        + "run time; {Removed} were removed at run time and stay so")]
    private partial void LogImported(string file, int clients, int disabled, int removed, int secrets);

    [LoggerMessage(2071, LogLevel.Warning,
        "{File} is not taken over, because there is state of this server's own. If Debian's server ran last, clients may have been disabled "
        + "there: to use its state instead, stop the server and move its own away; else move the file away")]
    private partial void LogOwnState(string file);

    [LoggerMessage(2072, LogLevel.Warning, "{File}: the state of Debian's server is not taken over, because {Reason}")]
    private partial void LogLeft(string file, string reason);

    [LoggerMessage(2073, LogLevel.Information, "{Progress}")]
    private partial void LogProgress(string progress);

    // The file does not have the secret that the configuration had, so it cannot be known which is the case.
    [LoggerMessage(2074, LogLevel.Warning,
        "Client {Client}: what Debian's server kept as its secret does not open with the one in the configuration, which is used. That is right if it "
        + "was changed there since Debian's server ran. If it was not, a secret that was set at run time is not in force: set it again. "
        + "It stays in {Kept}, encrypted")]
    private partial void LogFileSecretWins(string client, string kept);

    [LoggerMessage(2076, LogLevel.Warning,
        "Client {Client}: is left out of the configuration, so that what Debian's server kept as its secret cannot be opened. Once the "
        + "configuration is mended, its secret there is used: if another was set at run time, set it again. It stays in {Kept}, encrypted")]
    private partial void LogCannotOpen(string client, string kept);

    [LoggerMessage(2075, LogLevel.Warning, "{File} was taken over, but cannot be renamed to {Kept}: {Reason}")]
    private partial void LogNotKept(string file, string kept, string reason);
}
