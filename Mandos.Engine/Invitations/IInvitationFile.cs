namespace Mandos.Engine.Invitations;

/// <summary>Keeps invitations over restarts. Its methods may block, and are never called twice at a time.</summary>
public interface IInvitationFile
{
    /// <summary>Reads all; nothing if there is none.</summary>
    /// <exception cref="IOException">They cannot be read, or are damaged.</exception>
    IReadOnlyList<StoredInvitation> Read();

    /// <summary>Replaces all, so that they are on disk when this returns.</summary>
    /// <param name="invitations">The invitations.</param>
    /// <exception cref="IOException">They cannot be written; those before are there still.</exception>
    void Write(IReadOnlyCollection<StoredInvitation> invitations);
}
