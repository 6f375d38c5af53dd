namespace Mandos.Host.Logging;

/// <summary>Tells on a terminal how far something has come that takes longer than people like to wait without a word; nowhere else.</summary>
/// <remarks>It is one line that is written again and again, and gone in the end.</remarks>
internal sealed class TerminalProgress : IDisposable
{
    /// <summary>What takes less time shows nothing.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly Func<string> _tell;
    private readonly ITimer? _timer;
    private bool _isShown;
    private bool _isOver;

    /// <summary>Begins, on standard error if that is a terminal.</summary>
    /// <param name="tell">Says how far it is, on any thread.</param>
    /// <param name="time">The clock.</param>
    public TerminalProgress(Func<string> tell, TimeProvider time)
    {
        _tell = tell;
        _timer = Console.IsErrorRedirected ? null : time.CreateTimer(static progress => ((TerminalProgress)progress!).Show(), this, _patience, _pause);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isOver = true;
            if (_isShown)
            {
                Console.Error.Write("\r\e[K");
            }
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                Console.Error.Write($"\r\e[K{_tell()}");
                _isShown = true;
            }
        }
    }
}
