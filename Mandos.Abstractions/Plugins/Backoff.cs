namespace Mandos.Abstractions.Plugins;

/// <summary>
/// How long to wait between attempts at something that fails, such as a connection: twice as long each time, up to a limit. It keeps no
/// state; the caller has the pause, and begins with <see cref="TimeSpan.Zero"/>.
/// </summary>
public sealed class Backoff
{
    /// <summary>A back-off between two pauses.</summary>
    /// <param name="shortest">The pause after the first failure.</param>
    /// <param name="longest">The longest pause.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="shortest"/> is not longer than zero, or <paramref name="longest"/>
    /// is shorter than it.</exception>
    public Backoff(TimeSpan shortest, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(shortest, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, shortest);
        (Shortest, Longest) = (shortest, longest);
    }

    /// <summary>The pause after the first failure.</summary>
    public TimeSpan Shortest { get; }

    /// <summary>The longest pause.</summary>
    public TimeSpan Longest { get; }

    /// <summary>The pause that follows another one.</summary>
    /// <param name="pause">The last pause; zero if there was none.</param>
    /// <returns>Twice that pause, but no less than <see cref="Shortest"/> and no more than <see cref="Longest"/>.</returns>
    public TimeSpan After(TimeSpan pause)
    {
        // Not pause * 2, which can be more than a TimeSpan holds
        TimeSpan doubled = pause < Longest - pause ? pause * 2 : Longest;
        return doubled < Shortest ? Shortest : doubled;
    }
}
