using System.Text;

namespace Mandos.Host.Logging;

/// <summary>
/// Writes lines to a log on a thread of its own, so that logging never waits for a full pipe or a syslog that hangs. When too many
/// lines wait, the oldest are dropped and a line says how many.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    /// <summary>Default number of lines that may wait: several seconds of the busiest log, a few megabytes at most.</summary>
    public const int DefaultCapacity = 10_000;

    /// <summary>How long the end waits for the last lines: a terminal needs far less, and a pipe that nobody reads must not hold up the exit.</summary>
    private static readonly TimeSpan _drainTime = TimeSpan.FromSeconds(2);

    /// <summary>How long a failed write keeps from trying again, unless a new line comes.</summary>
    private static readonly TimeSpan _retryTime = TimeSpan.FromSeconds(1);

    private readonly Queue<string> _lines = new();
    private readonly Action<string> _target;
    private readonly int _capacity;
    private readonly Func<int, string> _describeDropped;
    private readonly Thread _thread;
    private int _dropped;
    private bool _stopping;

    /// <param name="stream">Where the lines go. It is not disposed.</param>
    /// <param name="capacity">How many lines may wait, at least 1.</param>
    /// <param name="describeDropped">The line that says how many are missing; null for one of text.</param>
    public LineWriter(Stream stream, int capacity = DefaultCapacity, Func<int, string>? describeDropped = null)
        : this(text => Write(stream, text), capacity, describeDropped)
    {
    }

    /// <param name="target">Takes some lines at once, with their ends; fails with an <see cref="IOException"/>.</param>
    /// <param name="capacity">How many lines may wait, at least 1.</param>
    /// <param name="describeDropped">The line that says how many are missing; null for one of text.</param>
    public LineWriter(Action<string> target, int capacity = DefaultCapacity, Func<int, string>? describeDropped = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _target = target;
        _capacity = capacity;
        _describeDropped = describeDropped ?? DescribeDropped;
        _thread = new Thread(WriteLines) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Adds a line to those that wait. It returns at once; after <see cref="Dispose"/> it does nothing.</summary>
    /// <param name="line">The line, without its end.</param>
    public void Write(string line)
    {
        lock (_lines)
        {
            if (_stopping)
            {
                return;
            }

            if (_lines.Count == _capacity)
            {
                _lines.Dequeue();
                _dropped++;
            }

            _lines.Enqueue(line);
            Monitor.Pulse(_lines);
        }
    }

    /// <summary>Writes the lines that wait, unless nobody takes them.</summary>
    public void Dispose()
    {
        lock (_lines)
        {
            _stopping = true;
            Monitor.Pulse(_lines);
        }

        _thread.Join(_drainTime);
    }

    private static string DescribeDropped(int count)
        => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"({count} log lines were dropped here)");

    private static void Write(Stream stream, string text)
    {
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush();
    }

    private void WriteLines()
    {
        while (Take() is { } text)
        {
            try
            {
                _target(text);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // A full disk may have room again; a terminal that is gone costs a try now and then.
                lock (_lines)
                {
                    _dropped += text.Count(static c => c == '\n');
                    if (!_stopping)
                    {
                        Monitor.Wait(_lines, _retryTime);
                    }
                }
            }
        }
    }

    /// <summary>Waits for lines and takes one write's worth of them; null when all is written and no more will come.</summary>
    private string? Take()
    {
        const int MaxCharacters = 16 * 1024;
        lock (_lines)
        {
            while (_lines.Count == 0 && !_stopping)
            {
                Monitor.Wait(_lines);
            }

            if (_lines.Count == 0)
            {
                return null;
            }

            var text = new StringBuilder();
            if (_dropped > 0)
            {
                text.Append(_describeDropped(_dropped)).Append('\n');
                _dropped = 0;
            }

            while (text.Length < MaxCharacters && _lines.TryDequeue(out var line))
            {
                text.Append(line).Append('\n');
            }

            return text.ToString();
        }
    }
}
