namespace Mandos.Ctl.Texts;

/// <summary>Tells on a terminal how far something has come that takes longer than people like to wait without a word; nowhere else.</summary>
/// <remarks>It is one line that is written again and again, and gone in the end. Thread-safe.</remarks>
internal sealed class ProgressLine : IDisposable
{
    /// <summary>What takes less time shows nothing.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly string _what;
    private readonly int? _all;
    private readonly TextWriter _terminal;
    private readonly ITimer? _timer;
    private int _done;
    private bool _isShown;
    private bool _isOver;

    private ProgressLine(string what, int? all, TextWriter? terminal, TimeProvider time)
    {
        (_what, _all, _terminal) = (what, all, terminal ?? TextWriter.Null);
        _timer = terminal is null ? null : time.CreateTimer(static line => ((ProgressLine)line!).Show(), this, _patience, _pause);
    }

    /// <summary>Begins, on standard error if that is a terminal.</summary>
    /// <param name="what">What is done: <c>clients changed</c>.</param>
    /// <param name="all">How many there are; null if that is not known.</param>
    public static ProgressLine Begin(string what, int? all = null)
        => new(what, all, Console.IsErrorRedirected ? null : Console.Error, TimeProvider.System);

    /// <summary>Begins on a terminal.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="time">The clock.</param>
    /// <param name="what">What is done.</param>
    /// <param name="all">How many there are; null if that is not known.</param>
    public static ProgressLine BeginOn(TextWriter terminal, TimeProvider time, string what, int? all = null) => new(what, all, terminal, time);

    /// <summary>Notes that some more are done.</summary>
    public void Add(int count) => Interlocked.Add(ref _done, count);

    /// <summary>Takes the line away, so that something else can be written.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_isShown)
            {
                _terminal.Write("\r\e[K");
                _terminal.Flush();
                _isShown = false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isOver = true;
            Clear();
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            string all = _all is { } count ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" of {count:N0}") : "";
            _terminal.Write(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\r\e[K{Volatile.Read(ref _done):N0}{all} {_what}"));
            _terminal.Flush();
            _isShown = true;
        }
    }
}
