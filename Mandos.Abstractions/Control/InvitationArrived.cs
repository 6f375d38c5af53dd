namespace Mandos.Abstractions.Control;

/// <summary>A machine that was invited has sent its section, which waits for a person.</summary>
/// <param name="Invitation">The invitation right after it.</param>
public sealed record InvitationArrived(Invitation Invitation) : ServerEvent;
