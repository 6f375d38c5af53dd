namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>What a server has written to standard error so far. Thread-safe.</summary>
/// <param name="most">How many lines are kept, at least; the oldest go.</param>
internal sealed class ServerLog(int most = int.MaxValue / 2)
{
    private readonly List<string> _lines = [];

    /// <summary>A copy of all lines.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
            if (_lines.Count >= 2 * most)
            {
                _lines.RemoveRange(0, most);
            }
        }
    }

    /// <summary>Waits for a line, which may have come already.</summary>
    /// <param name="level">Its level: CRITICAL, ERROR, WARNING, INFO or DEBUG.</param>
    /// <param name="text">Part of its text.</param>
    /// <param name="count">How many such lines there must be.</param>
    public Task WaitForAsync(string level, string text, int count = 1)
        => Patience.UntilAsync($"{count} log line(s) “{level}: …{text}…”", () => Count(level, text) >= count);

    /// <summary>The number of lines with a text at a level.</summary>
    public int Count(string level, string text) => Lines.Count(line
        => line.IndexOf($" {level}: ", StringComparison.Ordinal) is >= 0 and var start
            && line.IndexOf(text, start, StringComparison.Ordinal) >= 0);
}
