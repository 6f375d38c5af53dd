using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>The system's log, by syslog(3).</summary>
/// <remarks>A syslog daemon that hangs blocks the writer; a <see cref="LineWriter"/> keeps that from the server.</remarks>
internal sealed unsafe class Syslog(LogFormat format)
{
    /// <summary>Where syslog daemons listen.</summary>
    private const string Device = "/dev/log";

    private string? _identity;

    /// <summary>Whether anybody is there to read what is written.</summary>
    public static bool IsThere => Path.Exists(Device);

    /// <summary>A line with its priority in front: the number in angle brackets that syslog's protocol has too.</summary>
    public static string Line(LogLevel level, string text) => $"<{Priority(level)}>{text}";

    /// <summary>Writes lines that <see cref="Line"/> has made.</summary>
    /// <param name="lines">Lines with their ends. One without a priority is a warning.</param>
    public void Write(string lines)
    {
        Identify();
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            bool hasPriority = line[0] == '<' && line.Length > 3 && line[2] == '>';
            int priority = hasPriority ? line[1] - '0' : Priority(LogLevel.Warning);
            Libc.syslog(Libc.LOG_DAEMON | priority, "%s", hasPriority ? line[3..] : line);
        }
    }

    /// <summary>Sets the tag, which changes with the name of the service.</summary>
    private void Identify()
    {
        string identity = format.Tag;
        if (identity != _identity)
        {
            _identity = identity;
            // The old text is not freed: the library may keep it, and the name hardly ever changes.
            Libc.openlog(Libc.Text(identity), 0, Libc.LOG_DAEMON);
        }
    }

    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
