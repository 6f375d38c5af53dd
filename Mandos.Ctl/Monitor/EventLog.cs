using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Monitor;

/// <summary>What happened, the newest last; the oldest is forgotten.</summary>
internal sealed class EventLog
{
    /// <summary>The least number of events that are kept.</summary>
    public const int Capacity = 10_000;

    private const int MaxLength = 2000;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds an event.</summary>
    /// <param name="time">When it happened; shown in local time.</param>
    /// <param name="text">One line; characters that could change the terminal are made harmless, and a text that is far too long is cut.</param>
    public void Add(DateTimeOffset time, string text)
    {
        if (_lines.Count >= Capacity + (Capacity / 10))
        {
            _lines.RemoveRange(0, _lines.Count - Capacity);
        }

        string line = SafeText.From(text.Length <= MaxLength ? text : text[..MaxLength] + "...");
        _lines.Add($"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss}  {line}");
    }
}
