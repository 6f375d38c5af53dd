using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Sharing;

/// <summary>What is known of one client: what it is here, what the store has, and what is under way between the two.</summary>
internal sealed class SharedEntry(string name)
{
    public string Name { get; } = name;

    /// <summary>The client here, or what is kept of it; null if this server has nothing of it.</summary>
    public ISaved? Local { get; set; }

    /// <summary>The control in the store, as far as this server knows; null if the store does not have the client.</summary>
    public SharedControl? Base { get; set; }

    /// <summary>The revision of <see cref="Base"/>; 0 if it is not known, or there is none.</summary>
    public long Revision { get; set; }

    /// <summary>The revision of <see cref="Base"/> when it was loaded, before the first sync; 0 if it was not.</summary>
    public long LoadedRevision { get; set; }

    /// <summary>What a person has decided here, and the store does not have, even where that makes no difference here.</summary>
    public ControlAspects Decided { get; set; }

    /// <summary>Whether a person has had the client forgotten, and the store still has it.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Whether its expiry has come here, so that the store has to be asked.</summary>
    public bool IsDue { get; set; }

    /// <summary>What the store keeps of this server's files; null if nothing.</summary>
    public StoredClient? File { get; set; }

    /// <summary>Whether a call about it is under way.</summary>
    public bool IsRunning { get; set; }

    /// <summary>The command that is under way, or whose outcome is not known.</summary>
    public ControlCommand? Command { get; set; }

    /// <summary>When the outcome of <see cref="Command"/> was found to be unknown; null if it is not.</summary>
    public TimeSpan? UnknownSince { get; set; }

    /// <summary>What <see cref="Command"/> decides.</summary>
    public ControlAspects Sent { get; set; }

    /// <summary>The commands that wait for what was decided here.</summary>
    public List<Waiter>? Waiters { get; set; }

    /// <summary>Why what was decided last does not hold, for its command to ask; null if it may hold.</summary>
    public string? Overtaken { get; set; }

    /// <summary>Ends when all that was decided here is in the store; null if nobody waits for that.</summary>
    public TaskCompletionSource? Settled { get; set; }

    /// <summary>What was seen of it and is not reported; null for nothing.</summary>
    public PendingReport? Report { get; set; }

    /// <summary>What is being reported.</summary>
    public PendingReport? BeingReported { get; set; }

    /// <summary>Its expiry as the store or this server had it last; what is later is new.</summary>
    public TimeSpan KnownDue { get; set; }

    /// <summary>What was known last of its checks.</summary>
    public (DateTimeOffset? Ok, int Status) KnownChecks { get; set; }

    /// <summary>The later of two times, where null is none.</summary>
    public static TimeSpan? Later(TimeSpan? one, TimeSpan? other) => one > other ? one : other ?? one;

    /// <summary>Something that was seen of a client. Times are those of the engine's monotonic clock.</summary>
    /// <param name="At">When it was seen.</param>
    /// <param name="Status">How its check ended; null if there was none.</param>
    /// <param name="GoodUntil">Until when that makes it good; null if it gives no time.</param>
    public sealed record PendingReport(TimeSpan At, int? Status, TimeSpan? GoodUntil);
}
