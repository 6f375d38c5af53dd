using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>The names of log levels as <c>--debuglevel</c> takes them and the log shows them.</summary>
internal static class LogLevelNames
{
    /// <summary>All names, the gravest first.</summary>
    public static readonly IReadOnlyList<string> All = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"];

    /// <summary>The name of a level. There is none below DEBUG, so Trace is called that too.</summary>
    /// <param name="level">Any level but <see cref="LogLevel.None"/>.</param>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Critical => "CRITICAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARNING",
        LogLevel.Information => "INFO",
        _ => "DEBUG",
    };

    /// <summary>The least level that is logged when a name is asked for.</summary>
    /// <param name="name">One of <see cref="All"/> in any case.</param>
    /// <param name="level">The level. DEBUG includes Trace.</param>
    /// <returns>Whether it is such a name.</returns>
    public static bool TryParse(string name, out LogLevel level)
    {
        LogLevel? found = name.ToUpperInvariant() switch
        {
            "CRITICAL" => LogLevel.Critical,
            "ERROR" => LogLevel.Error,
            "WARNING" => LogLevel.Warning,
            "INFO" => LogLevel.Information,
            "DEBUG" => LogLevel.Trace,
            _ => null,
        };
        level = found ?? LogLevel.None;
        return found is not null;
    }
}
