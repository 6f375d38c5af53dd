namespace Mandos.Notify.Messages;

/// <summary>What is left of events that are told together: numbers, and a few names. Its size does not grow with the events. Not thread-safe.</summary>
internal sealed class Digest
{
    private const int MostClients = 20;

    private readonly long[] _counts = new long[EventWords.Count];
    private readonly List<string> _clients = [];

    /// <summary>How many events there are.</summary>
    public long Total { get; private set; }

    /// <summary>The only event; null if there are more, or none.</summary>
    public Notice? Sole { get; private set; }

    /// <summary>When the first one happened.</summary>
    public DateTimeOffset First { get; private set; }

    /// <summary>When the last one happened.</summary>
    public DateTimeOffset Last { get; private set; }

    /// <summary>How many of each kind, of those kinds that there are.</summary>
    public IEnumerable<(EventKind Kind, long Count)> Counts
        => _counts.Select(static (count, kind) => ((EventKind)kind, count)).Where(static one => one.count > 0);

    /// <summary>The first clients that the events are about.</summary>
    public IReadOnlyList<string> Clients => _clients;

    /// <summary>Whether the events are about more clients than <see cref="Clients"/>.</summary>
    public bool HasMoreClients { get; private set; }

    /// <summary>Whether one of them is a request that waits for a person.</summary>
    public bool HasWaiting => _counts[(int)EventKind.NeedApproval] + _counts[(int)EventKind.ConflictingRequests] > 0;

    /// <summary>Adds an event.</summary>
    public void Add(Notice notice)
    {
        Sole = Total == 0 ? notice : null;
        First = Total == 0 ? notice.Message.Time : First;
        Last = notice.Message.Time;
        Total++;
        _counts[(int)notice.Kind]++;
        Name(notice.Client);
    }

    /// <summary>Adds those of a later one.</summary>
    public void Add(Digest later)
    {
        if (later.Total == 0)
        {
            return;
        }

        Sole = Total == 0 ? later.Sole : null;
        First = Total == 0 ? later.First : First;
        Last = later.Last;
        Total += later.Total;
        foreach ((EventKind kind, long count) in later.Counts)
        {
            _counts[(int)kind] += count;
        }

        later._clients.ForEach(Name);
        HasMoreClients |= later.HasMoreClients;
    }

    private void Name(string? client)
    {
        if (client is null || _clients.Contains(client))
        {
            return;
        }

        if (_clients.Count < MostClients)
        {
            _clients.Add(client);
        }
        else
        {
            HasMoreClients = true;
        }
    }
}
