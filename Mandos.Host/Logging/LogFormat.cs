using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>The layout that every log target shares: <c>Mandos [PID]: LEVEL: text</c>. Thread-safe.</summary>
internal sealed class LogFormat
{
    /// <summary>The service name that is not shown.</summary>
    public const string DefaultServiceName = "Mandos";

    private volatile string _tag = TagOf(DefaultServiceName);

    /// <summary>The name under which the service stands. Any but the default is shown in each line, as <c>Mandos (NAME) [PID]</c>.</summary>
    public string ServiceName
    {
        get;
        set
        {
            field = value;
            _tag = TagOf(value);
        }
    } = DefaultServiceName;

    /// <summary>What each line begins with: program, name of the service if it is not the default, and process ID.</summary>
    public string Tag => _tag;

    /// <summary>Lays out one record as one line, without a date and without an end of line.</summary>
    /// <param name="category">Name of the logger. Names of the server's own loggers, which begin with <c>Mandos.</c>, are not shown.</param>
    /// <param name="level">Level of the record.</param>
    /// <param name="message">What happened; escaped here.</param>
    /// <param name="exception">Its cause, of which only the messages are shown.</param>
    public string Format(string category, LogLevel level, string message, Exception? exception)
        => $"{_tag}: {FormatText(category, level, message, exception)}";

    /// <summary>Lays out one record as <see cref="Format"/> does, without the tag.</summary>
    public static string FormatText(string category, LogLevel level, string message, Exception? exception)
    {
        var source = category.StartsWith("Mandos.", StringComparison.Ordinal) ? "" : $"{LogText.Escape(category)}: ";
        var cause = exception is null ? "" : $": {LogText.Summarize(exception)}";
        return $"{NameOf(level)}: {source}{LogText.Escape(message)}{cause}";
    }

    /// <summary>The name of a level.</summary>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Critical => "CRITICAL",
        LogLevel.Error => "ERROR",
        LogLevel.Warning => "WARNING",
        LogLevel.Information => "INFO",
        _ => "DEBUG",
    };

    private static string TagOf(string serviceName) => serviceName == DefaultServiceName
        ? $"Mandos [{Environment.ProcessId}]"
        : $"Mandos ({LogText.Escape(serviceName)}) [{Environment.ProcessId}]";
}
