namespace Mandos.Abstractions.Clients;

/// <summary>Settings of one client to change together; those left null stay as they are.</summary>
public sealed record ClientChange
{
    /// <inheritdoc cref="ClientSettings.Host"/>
    public string? Host { get; init; }

    /// <inheritdoc cref="ClientSettings.Checker"/>
    public string? Checker { get; init; }

    /// <inheritdoc cref="ClientSettings.Interval"/>
    public TimeSpan? Interval { get; init; }

    /// <inheritdoc cref="ClientSettings.Timeout"/>
    public TimeSpan? Timeout { get; init; }

    /// <inheritdoc cref="ClientSettings.ExtendedTimeout"/>
    public TimeSpan? ExtendedTimeout { get; init; }

    /// <inheritdoc cref="ClientSettings.ApprovalDelay"/>
    public TimeSpan? ApprovalDelay { get; init; }

    /// <inheritdoc cref="ClientSettings.ApprovalDuration"/>
    public TimeSpan? ApprovalDuration { get; init; }

    /// <inheritdoc cref="ClientSettings.ApprovedByDefault"/>
    public bool? ApprovedByDefault { get; init; }
}
