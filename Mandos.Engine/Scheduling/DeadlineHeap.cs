namespace Mandos.Engine.Scheduling;

/// <summary>
/// Deadlines in order of time, and of being scheduled where that is the same: a binary heap. Each knows its place in it, so that any can be
/// taken out, which .NET's own priority queue does by searching.
/// </summary>
internal sealed class DeadlineHeap
{
    private readonly List<Deadline> _heap = [];

    public int Count => _heap.Count;

    /// <summary>The first in order; null if there is none.</summary>
    public Deadline? Min => _heap.Count > 0 ? _heap[0] : null;

    /// <summary>Adds a deadline that is not in it.</summary>
    public void Add(Deadline deadline)
    {
        _heap.Add(deadline);
        Rise(_heap.Count - 1, deadline);
    }

    /// <summary>Takes out a deadline that is in it.</summary>
    public void Remove(Deadline deadline)
    {
        int place = deadline.Place;
        Deadline last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        deadline.Place = Deadline.Nowhere;
        if (last == deadline)
        {
            return;
        }

        if (place > 0 && IsBefore(last, _heap[(place - 1) / 2]))
        {
            Rise(place, last);
        }
        else
        {
            Sink(place, last);
        }
    }

    /// <summary>Puts a deadline where it belongs between a free place and the root.</summary>
    private void Rise(int place, Deadline deadline)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var parent && IsBefore(deadline, parent))
        {
            Put(place, parent);
            place = (place - 1) / 2;
        }

        Put(place, deadline);
    }

    /// <summary>Puts a deadline where it belongs between a free place and the leaves.</summary>
    private void Sink(int place, Deadline deadline)
    {
        for (int child = (2 * place) + 1; child < _heap.Count; child = (2 * place) + 1)
        {
            if (child + 1 < _heap.Count && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!IsBefore(_heap[child], deadline))
            {
                break;
            }

            Put(place, _heap[child]);
            place = child;
        }

        Put(place, deadline);
    }

    private void Put(int place, Deadline deadline)
    {
        _heap[place] = deadline;
        deadline.Place = place;
    }

    private static bool IsBefore(Deadline a, Deadline b) => a.Time != b.Time ? a.Time < b.Time : a.Sequence < b.Sequence;
}
