using System.Collections.Concurrent;

namespace Mandos.CheckerFping.Pings;

/// <summary>The names that were quick to look up the last time, and so may go with others. Thread-safe.</summary>
internal sealed class QuickNames
{
    private readonly ConcurrentDictionary<string, byte> _names = new(StringComparer.Ordinal);

    public bool Contains(string name) => _names.ContainsKey(name);

    /// <summary>Notes how long fping has taken for a name alone.</summary>
    /// <param name="name">The name.</param>
    /// <param name="exitCode">How it ended.</param>
    /// <param name="time">From its start to its end.</param>
    public void Note(string name, int exitCode, TimeSpan time)
    {
        bool isQuick = exitCode switch
        {
            0 => time < PingLimits.Lookup,
            1 => time < PingLimits.Silence + PingLimits.Lookup,
            _ => false,
        };
        if (!isQuick)
        {
            Forget(name);
        }
        else if (!_names.ContainsKey(name))
        {
            if (_names.Count >= PingLimits.KnownNames)
            {
                _names.Clear();
            }

            _names[name] = 0;
        }
    }

    public void Forget(string name) => _names.TryRemove(name, out _);
}
