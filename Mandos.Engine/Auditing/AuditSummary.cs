using System.Net;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Auditing;

/// <summary>One line of the audit in place of many: what strangers did, again and again, of which each had had its records before.</summary>
public sealed record AuditSummary
{
    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Where they come from: an IPv4 address, or the /64 of an IPv6 address; null for several such networks.</summary>
    public IPNetwork? Network { get; init; }

    /// <summary>How many networks they come from.</summary>
    public required int Networks { get; init; }

    /// <summary>Why their connections ended.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>How many connections have no record of their own.</summary>
    public required long Count { get; init; }

    /// <summary>Within what time they ended.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The networks as a person reads them.</summary>
    public string Source => Network is not { } network ? $"{Networks} other addresses"
        : network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? network.BaseAddress.ToString()
        : network.ToString();

    /// <summary>The summary as the log shows it.</summary>
    public override string ToString()
        => $"decision={Outcome.Decision()} reason=\"{Outcome.Phrase()}\" more={Count} "
            + (Network is null ? $"networks={Networks}" : $"network={Network}") + $" ms={(long)Duration.TotalMilliseconds}";
}
