namespace Mandos.Engine.Invitations;

/// <summary>The limits of invitations, each with its reason.</summary>
internal static class InvitationLimits
{
    /// <summary>Invitations that are open or wait for a person: a rack of machines at a time.</summary>
    public const int MostLive = 256;

    /// <summary>Ended ones that are kept besides.</summary>
    public const int MostEnded = 256;

    /// <summary>Sections that an invited machine may send until one is taken: a person corrects a mistake, and no program tries for ever.</summary>
    public const int Attempts = 20;

    /// <summary>How long a section waits for a person: over a weekend, and a holiday.</summary>
    public static readonly TimeSpan PendingTime = TimeSpan.FromDays(7);

    /// <summary>How long the server can still say why an invitation that has ended is good for nothing.</summary>
    public static readonly TimeSpan EndedTime = TimeSpan.FromDays(1);
}
