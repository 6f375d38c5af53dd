namespace Mandos.Abstractions.Control;

/// <summary>The servers that share one state, as one of them knows them from its last sync.</summary>
public sealed record ServerGroup
{
    /// <summary>All that are registered, the server itself too, in order of their names.</summary>
    public required IReadOnlyList<KnownServer> Servers { get; init; }

    /// <summary>The last change of control that the server knows of.</summary>
    public required long Revision { get; init; }

    /// <summary>How long the commands that wait now for other servers may still do so: zero if none waits, else at most that of <see cref="Sharing.SharedStateTiming.Acknowledgement"/>.</summary>
    public TimeSpan LongestWait { get; init; }
}
