using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>
/// Invitations: a machine that has the token of one sends its section of <c>clients.conf</c> to the server's own port. It waits there until a person accepts
/// it, which is to add it as any other section is added, or rejects it. Thread-safe.
/// </summary>
/// <remarks>
/// Whoever invites or reads has to be trusted with secrets (<see cref="CommandSource.MayReadSecrets"/>). What was done is on disk, and in the audit, when a task ends well.
/// </remarks>
public interface IInvitations
{
    /// <summary>All that are open or wait for a person, in order of their names.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<Invitation>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Invites a machine.</summary>
    /// <param name="name">The name that the client is to have (<see cref="InvitedSection.IsName"/>).</param>
    /// <param name="valid">For how long; more than zero, at most <see cref="InvitedSection.LongestTime"/>.</param>
    /// <param name="source">Who invites.</param>
    /// <param name="cancellationToken">Gives up waiting; the invitation may still be made.</param>
    /// <exception cref="ArgumentException">The name or the time is none that an invitation can have.</exception>
    /// <exception cref="InvitationException">A client has that name, it is invited already, there are too many, or it cannot be kept.</exception>
    /// <exception cref="UnauthorizedAccessException">Not for this source.</exception>
    Task<NewInvitation> InviteAsync(string name, TimeSpan valid, CommandSource source, CancellationToken cancellationToken);

    /// <summary>The section that has arrived on an invitation, with the client's secret.</summary>
    /// <param name="name">The name of the invited.</param>
    /// <param name="source">Who asks.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The text in ASCII; the caller zeroes it.</returns>
    /// <exception cref="InvitationException">Nothing has arrived for that name.</exception>
    /// <exception cref="UnauthorizedAccessException">Not for this source.</exception>
    ValueTask<byte[]> ReadAsync(string name, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Ends an invitation, and forgets what has arrived on it.</summary>
    /// <param name="name">The name of the invited.</param>
    /// <param name="isAccepted">Whether the client was added; if not, it is rejected, or not invited any more.</param>
    /// <param name="source">Who ends it.</param>
    /// <param name="cancellationToken">Gives up waiting; it may still end.</param>
    /// <exception cref="InvitationException">There is none of that name, or that it has ended cannot be kept.</exception>
    /// <exception cref="UnauthorizedAccessException">Not for this source.</exception>
    Task EndAsync(string name, bool isAccepted, CommandSource source, CancellationToken cancellationToken);
}
