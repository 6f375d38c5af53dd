using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Model;

/// <summary>The part of a client that must outlast the server; no settings: it was removed.</summary>
internal sealed record ModelRecord(
    ModelDefinition File, ClientSettings? Settings, bool Enabled, DateTimeOffset Created, DateTimeOffset? LastEnabled,
    DateTimeOffset? Expires, DateTimeOffset? LastCheckedOk, int Status, DateTimeOffset? LastApprovalRequest, string? Secret,
    DateTimeOffset? LeftAt = null)
{
    public ClientOrigin Origin { get; init; }

    /// <summary>When it was saved, as far as that is known.</summary>
    public DateTimeOffset? SavedAt { get; init; }

    public DateTimeOffset? DeniedUntil { get; init; }

    public ExpectedReboot? Reboot { get; init; }

    public DateTimeOffset? RehearsalUntil { get; init; }

    public (DateTimeOffset At, string Secret, string Host)? Proven { get; init; }

    public (DateTimeOffset At, string Secret, string Host)? Tried { get; init; }

    public string? RetiredKey { get; init; }

    public DateTimeOffset? PromotedAt { get; init; }

    public KeyRotation? Rotation => ModelClient.Rotate(File, Tried?.At, RetiredKey, PromotedAt, isFileBehind: false);

    /// <summary>What of it can be told beforehand.</summary>
    public ModelRecord ToCertain() => this with { SavedAt = null, DeniedUntil = null };
}
