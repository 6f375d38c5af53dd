using Mandos.Abstractions.Sharing;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Until when this server may release secrets. Thread-safe.</summary>
internal sealed class Permission(EngineClock clock)
{
    private long _until = long.MinValue;

    /// <summary>Whether it may now.</summary>
    public bool Holds => clock.Now.Ticks < Until.Ticks;

    /// <summary>When it ends, or has ended.</summary>
    public TimeSpan Until => new(Volatile.Read(ref _until));

    /// <summary>Notes that a sync came back clean, and that all that it brought is applied. Called on the engine loop.</summary>
    /// <param name="start">When the sync began.</param>
    public void Extend(TimeSpan start)
    {
        TimeSpan until = start + SharedStateTiming.Permission;
        if (until > Until)
        {
            Volatile.Write(ref _until, until.Ticks);
        }
    }

    /// <summary>Ends it at once. Called on the engine loop.</summary>
    public void End() => Volatile.Write(ref _until, long.MinValue);
}
