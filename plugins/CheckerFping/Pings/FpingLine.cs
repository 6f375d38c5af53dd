namespace Mandos.CheckerFping.Pings;

/// <summary>What fping says of a host.</summary>
internal enum FpingFinding
{
    /// <summary>Nothing about a host.</summary>
    None,

    /// <summary>It answered.</summary>
    Alive,

    /// <summary>fping has given up waiting for it.</summary>
    Unreachable,

    /// <summary>Its name could not be looked up.</summary>
    Unknown,

    /// <summary>Something that a run for this host alone has to settle.</summary>
    Unclear,
}

/// <summary>Understands the lines of fping without options for its output; they are the same from 4.3 to 5.2.</summary>
internal static class FpingLine
{
    private const string Alive = " is alive";
    private const string Unreachable = " is unreachable";
    private const string NotSent = ": error while sending ping";
    private const string From = " [<- ";

    /// <summary>Reads a line. Only a whole line that says nothing else is a finding.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="host">The host as fping was given it, if there is a finding; the caller has to know it.</param>
    public static FpingFinding Read(ReadOnlySpan<char> line, out ReadOnlySpan<char> host)
    {
        bool isFromElsewhere = line.StartsWith(From);
        if (isFromElsewhere)
        {
            // Another address than the one that was pinged has answered, such as the other end of a router; or somebody forges answers.
            line = line[(line.IndexOf(']') + 1)..];
        }

        if (line.EndsWith(Alive))
        {
            host = line[..^Alive.Length];
            return isFromElsewhere ? FpingFinding.Unclear : FpingFinding.Alive;
        }

        if (line.EndsWith(Unreachable))
        {
            host = line[..^Unreachable.Length];
            return FpingFinding.Unreachable;
        }

        // No host has a space, so this is where the first one ends.
        int end = line.IndexOf(": ");
        host = line[..Math.Max(0, end)];
        return end <= 0 ? FpingFinding.None : line[end..].StartsWith(NotSent) ? FpingFinding.Unclear : FpingFinding.Unknown;
    }
}
