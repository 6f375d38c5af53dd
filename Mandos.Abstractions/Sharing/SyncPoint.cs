namespace Mandos.Abstractions.Sharing;

/// <summary>How far a server has got in a store's changes. A caller gets it, keeps it, and gives it back; it compares <see cref="Revision"/> alone.</summary>
/// <param name="Revision">The last change of control. It grows by one or more with each.</param>
/// <param name="Liveness">The last change of liveness, in whatever way the store counts them.</param>
public readonly record struct SyncPoint(long Revision, long Liveness)
{
    /// <summary>Before all changes.</summary>
    public static SyncPoint None { get; }
}
