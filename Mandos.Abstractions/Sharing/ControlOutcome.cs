namespace Mandos.Abstractions.Sharing;

/// <summary>How a command ended.</summary>
public enum ControlOutcome
{
    /// <summary>It is not known. It may be committed, now or later: sync, then look it up by <see cref="ISharedStateStore.FindCommandAsync"/>.</summary>
    Unknown = 0,

    /// <summary>It is committed, and durable wherever the store promises that.</summary>
    Committed = 1,

    /// <summary>Somebody else changed the client first; nothing was committed.</summary>
    Conflict = 2,

    /// <summary>The client was seen in time by the store's clock, so it must not be disabled; nothing was committed.</summary>
    NotDue = 3,
}
