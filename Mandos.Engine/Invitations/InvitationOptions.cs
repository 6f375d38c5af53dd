namespace Mandos.Engine.Invitations;

/// <summary>What invitations need.</summary>
/// <param name="File">Keeps them.</param>
/// <param name="Tls">Makes the handshakes.</param>
public sealed record InvitationOptions(IInvitationFile File, IInvitationTls Tls);
