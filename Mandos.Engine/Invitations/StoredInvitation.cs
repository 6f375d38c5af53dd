using System.Net;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Invitations;

/// <summary>An invitation as it is kept: not the token, which has 128 random bits, so that a hash of it tells nothing. All times are UTC.</summary>
public sealed record StoredInvitation
{
    /// <inheritdoc cref="Invitation.Name"/>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public required ReadOnlyMemory<byte> TokenHash { get; init; }

    /// <inheritdoc cref="Invitation.Created"/>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Until when a section may arrive.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The section that has arrived; empty if none has, or the invitation has ended.</summary>
    public ReadOnlyMemory<byte> Section { get; init; }

    /// <inheritdoc cref="Invitation.Arrived"/>
    public DateTimeOffset? Arrived { get; init; }

    /// <inheritdoc cref="Invitation.Address"/>
    public IPAddress? Address { get; init; }

    /// <inheritdoc cref="Invitation.KeyId"/>
    public string? KeyId { get; init; }

    /// <summary>When a person ended it; null if none has. It is kept for a while, so that who comes late hears why.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Whether it waits for a section or for a person.</summary>
    internal bool IsLive(DateTimeOffset now) => Ended is null && now < End;

    /// <summary>Whether it is of no more use, not even to say why.</summary>
    internal bool IsForgotten(DateTimeOffset now) => now >= (Ended ?? End) + InvitationLimits.EndedTime;

    /// <summary>As a control surface shows it.</summary>
    internal Invitation ToInvitation() => new()
    {
        Name = Name,
        Created = Created,
        Until = End,
        Arrived = Arrived,
        Address = Address,
        KeyId = KeyId,
    };

    private DateTimeOffset End => Arrived is { } arrived ? arrived + InvitationLimits.PendingTime : Until;
}
