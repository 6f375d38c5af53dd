namespace Mandos.Ctl.Servers;

/// <summary>One of several servers that share their state.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Since">Since when it is one of them: UTC in ISO 8601 without a zone.</param>
/// <param name="Confirmed">The last change that it has confirmed.</param>
/// <param name="SinceSync">How long ago its last sync was; null: none is known.</param>
/// <param name="Permission">How long it may still give secrets without another sync; null: not known.</param>
/// <param name="FilesHash">A hash of the clients in its files; empty: not known.</param>
/// <param name="IsSelf">Whether it is the one that tells.</param>
/// <param name="IsAwaited">Whether a command waits for it.</param>
internal sealed record SharingServer(
    string Name, string Since, ulong Confirmed, TimeSpan? SinceSync, TimeSpan? Permission, string FilesHash, bool IsSelf, bool IsAwaited)
{
    /// <summary>No duration of a server is as long as this.</summary>
    private const double LongestMilliseconds = 36_500 * 86_400_000.0;

    /// <summary>A duration of a server.</summary>
    /// <param name="milliseconds">As the server gives it; negative: not known.</param>
    public static TimeSpan? Duration(long milliseconds)
        => milliseconds < 0 ? null : TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestMilliseconds));
}
