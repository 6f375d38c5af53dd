namespace Mandos.Abstractions.Clients;

/// <summary>A reboot of a client that a person has announced, and that has not got it its secret yet.</summary>
/// <param name="Until">
/// Until when it is expected, by the wall clock. Up to then the client is not disabled for not being seen alive. While the server runs the monotonic
/// clock counts.
/// </param>
public sealed record ExpectedReboot(DateTimeOffset Until)
{
    /// <summary>What it is for, in the words of the person; null if they said nothing.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the request that comes with it needs no approval. A denial holds all the same.</summary>
    public bool NeedsNoApproval { get; init; }
}
