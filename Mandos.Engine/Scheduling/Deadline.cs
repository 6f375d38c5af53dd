namespace Mandos.Engine.Scheduling;

/// <summary>Something to do on the engine loop at a certain time. It belongs to one <see cref="DeadlineQueue"/>.</summary>
/// <param name="action">What to do.</param>
/// <param name="state">Handed to <paramref name="action"/>, so that 100,000 clients need no closures.</param>
internal sealed class Deadline(Action<object> action, object state)
{
    /// <summary>What <see cref="Place"/> is of a deadline that is not set.</summary>
    internal const int Nowhere = -1;

    /// <summary>When it is due, on the engine's monotonic clock; null while it is not in the queue.</summary>
    public TimeSpan? Due => Place == Nowhere ? null : Time;

    /// <summary>How long before it is due the queue wakes, so that it notices if the process does not run just then.</summary>
    public TimeSpan Lead { get; init; }

    /// <summary><see cref="Due"/> of a deadline in the queue.</summary>
    internal TimeSpan Time { get; set; }

    /// <summary>Where it is in the queue's heap.</summary>
    internal int Place { get; set; } = Nowhere;

    /// <summary>Orders deadlines that are due at the same time.</summary>
    internal long Sequence { get; set; }

    internal void Fire() => action(state);
}
