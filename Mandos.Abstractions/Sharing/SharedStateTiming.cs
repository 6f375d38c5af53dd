namespace Mandos.Abstractions.Sharing;

/// <summary>The times on which all servers of one <see cref="ISharedStateStore"/> agree; each measures them on its own monotonic clock.</summary>
public static class SharedStateTiming
{
    /// <summary>How long after the start of a successful sync a server may release secrets: 10 s.</summary>
    public static TimeSpan Permission { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a thread may stall between the last look at the permission and the write of a secret: 2 s. One that finds that it did writes nothing.</summary>
    public static TimeSpan LongestStall { get; } = TimeSpan.FromSeconds(2);

    /// <summary>By how much two clocks may differ over a permission and a stall: 0.5 s, which is one part in 24.</summary>
    public static TimeSpan Drift { get; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long after its commit a disable holds everywhere, even at a server that confirmed nothing: 12.5 s.</summary>
    public static TimeSpan Acknowledgement { get; } = Permission + LongestStall + Drift;

    /// <summary>How often a server syncs without a hint: each second.</summary>
    public static TimeSpan SyncInterval { get; } = TimeSpan.FromSeconds(1);
}
