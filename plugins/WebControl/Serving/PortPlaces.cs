namespace Mandos.WebControl.Serving;

/// <summary>
/// Who may have a connection at a TCP port. Where all places are taken, whoever comes gets that of somebody who has not shown who they are: the oldest
/// of the address that has most. So strangers take places from each other, however many addresses they have, and never from somebody who is known.
/// Thread-safe.
/// </summary>
internal sealed class PortPlaces
{
    private readonly Lock _lock = new();

    /// <summary>The connections, the oldest first: so few that looking through them costs nothing beside accepting one.</summary>
    private readonly List<PortPlace> _taken = [];

    /// <summary>Where somebody who was known came from, the last one last.</summary>
    private readonly List<string> _known = [];

    /// <summary>How many are taken.</summary>
    public int Taken
    {
        get
        {
            lock (_lock)
            {
                return _taken.Count;
            }
        }
    }

    /// <summary>Gives a connection a place.</summary>
    /// <param name="from">Where it comes from: see <see cref="Place"/>.</param>
    /// <param name="abort">Breaks it off when another one gets its place.</param>
    /// <returns>The place, which has to be given back; null if the connection gets none.</returns>
    public PortPlace? Take(string from, Action abort)
    {
        PortPlace? displaced = null;
        var place = new PortPlace(this, from, abort);
        lock (_lock)
        {
            Func<PortPlace, bool>? full =
                _taken.Count(taken => taken.From == from) >= WebLimits.ConnectionsFromOnePlace ? taken => taken.From == from
                : !_known.Contains(from) && _taken.Count(IsStranger) >= WebLimits.StrangersConnections ? IsStranger
                : _taken.Count >= WebLimits.PortConnections ? static _ => true
                : null;
            if (full is not null)
            {
                displaced = _taken.Where(taken => !taken.IsKnown && full(taken)).GroupBy(static taken => taken.From, StringComparer.Ordinal)
                    .MaxBy(static group => group.Count())?.First();
                if (displaced is null)
                {
                    return null;
                }

                _taken.Remove(displaced);
            }

            _taken.Add(place);
        }

        displaced?.Abort();
        return place;
    }

    /// <summary>Keeps the place of a connection whose sender is known, and has room for others from there.</summary>
    internal void NoteKnown(PortPlace place)
    {
        lock (_lock)
        {
            _known.Remove(place.From);
            _known.Add(place.From);
            if (_known.Count > WebLimits.KnownPlaces)
            {
                _known.RemoveAt(0);
            }
        }
    }

    internal void GiveBack(PortPlace place)
    {
        lock (_lock)
        {
            _taken.Remove(place);
        }
    }

    private bool IsStranger(PortPlace place) => !place.IsKnown && !_known.Contains(place.From);
}
