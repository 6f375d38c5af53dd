namespace Mandos.WebControl.Serving;

/// <summary>How many connections each place has, so that none takes all. Thread-safe; it knows only places that have some.</summary>
/// <param name="most">The most that one may have.</param>
internal sealed class PlaceLimit(int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts a connection, if its place may have one more. Then <see cref="Leave"/> has to follow.</summary>
    public bool TryEnter(string place)
    {
        lock (_lock)
        {
            int count = _counts.GetValueOrDefault(place);
            if (count >= most)
            {
                return false;
            }

            _counts[place] = count + 1;
            return true;
        }
    }

    /// <summary>Counts a connection no longer.</summary>
    public void Leave(string place)
    {
        lock (_lock)
        {
            if (--_counts[place] == 0)
            {
                _counts.Remove(place);
            }
        }
    }
}
