using Mandos.Abstractions.Persistence;

namespace Mandos.Abstractions.Sharing;

/// <summary>A state store that several servers share, so that what a person decides at one of them holds at all of them.</summary>
/// <remarks>
/// <para>
/// It keeps two planes apart. <b>Control</b> (<see cref="SharedControl"/>) says who may have a secret. It changes by
/// <see cref="ExecuteAsync"/> and <see cref="DecideAsync"/> alone, one command after another, and each change has a revision.
/// <b>Liveness</b> (<see cref="SharedLiveness"/>) says who was seen. Every server adds to it by <see cref="ReportAsync"/>, the later time
/// wins, and it never touches control.
/// </para>
/// <para>
/// A server may release a secret only while it holds a <b>permission</b>: a <see cref="SyncAsync"/> that started within the last
/// <see cref="SharedStateTiming.Permission"/> has succeeded, and all that it brought is applied. A server acknowledges a disable once every
/// server of <see cref="SharedView.Servers"/> has confirmed its revision, or <see cref="SharedStateTiming.Acknowledgement"/> has passed
/// since the commit: by then a server that confirmed nothing has lost its permission. The server computes both, on its own monotonic
/// clock; clocks of different machines are never compared.
/// </para>
/// <para>
/// So the store must not err in one direction: what it cannot do for sure, on the one store that all servers share, it must not report as
/// done. An answer that may come from a store that was replaced, or that is late, is no answer.
/// </para>
/// <para>
/// <see cref="JoinAsync"/> comes first, then <see cref="IStateStore.LoadAsync"/>; after that all methods may be called at the same time,
/// from any thread. None may wait for another server.
/// </para>
/// <para>
/// <see cref="IStateStore.SaveAsync"/> never changes control: it adds clients that the store does not know, and keeps for this server what
/// its own <c>clients.conf</c> says of each client (<see cref="StoredClient.FileSettings"/>, <see cref="StoredClient.FileEnabled"/>,
/// <see cref="StoredClient.LeftAt"/>). Where it keeps nothing, a client is loaded with a <see cref="StoredClient.SavedAt"/> of null. If the control
/// of a client that the store knows differs from what it is to save, it saves nothing and throws a <see cref="StateStoreException"/>. It forgets
/// names for this server alone.
/// </para>
/// </remarks>
public interface ISharedStateStore : IStateStore
{
    /// <summary>The other machines on which it may run, by name or address. A client that is one of them cannot wait for the store in order to start.</summary>
    IReadOnlyCollection<string> Machines => [];

    /// <summary>Opens the store, and registers this server. Called first, again if it fails, and never after it has succeeded.</summary>
    /// <remarks>
    /// A server that registers under an <see cref="ServerIdentity.Id"/> takes the place of the server that has it: the earlier one is fenced off,
    /// that is, all its calls end in a <see cref="ServerFencedException"/> from then on. Disposing the store takes the server off the list of those
    /// that others wait for; a server that crashes stays on it until a person removes it, or it registers again.
    /// </remarks>
    /// <param name="server">This server.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">The store cannot be reached, is of a newer version, or is not the one it was before.</exception>
    Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken);

    /// <summary>Confirms what this server has applied, and brings what it has not.</summary>
    /// <remarks>
    /// <para>
    /// It is a write that came back clean, not a read: only so is it sure that the store is the one in which others' commands are committed. Its
    /// data is at least as new as its revision: every command up to <see cref="SharedView.Reached"/> is in it.
    /// </para>
    /// <para>The caller notes the time before the call: its permission counts from there, and only if the call succeeds.</para>
    /// </remarks>
    /// <param name="applied">
    /// How far this server has applied everything: its waiting connections are refused and its sends in flight have ended. It is the
    /// <see cref="SharedView.Reached"/> of an earlier answer; <see cref="SyncPoint.None"/> brings everything. It never goes back.
    /// </param>
    /// <param name="cancellationToken">Gives up; the confirmation may still have been written.</param>
    /// <exception cref="ServerFencedException">Another server has taken this one's place.</exception>
    /// <exception cref="StateStoreException">It did not come back clean. It counts for nothing, and the next one may succeed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="applied"/> is beyond what the store has.</exception>
    Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken);

    /// <summary>Changes the control of one client, if it still is what the sender of the command has seen.</summary>
    /// <remarks>A command is carried out once: given again with the same <see cref="ControlCommand.Id"/>, it gives its first result.</remarks>
    /// <param name="command">What to change.</param>
    /// <param name="cancellationToken">
    /// Gives up waiting before the commit. A commit that has begun is not cancelled; if its end is not known in time, the outcome is
    /// <see cref="ControlOutcome.Unknown"/>.
    /// </param>
    /// <exception cref="OperationCanceledException">It was given up, and nothing was committed.</exception>
    /// <exception cref="ServerFencedException">Another server has taken this one's place; nothing was committed.</exception>
    /// <exception cref="StateStoreException">The store cannot be reached; nothing was committed.</exception>
    Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken);

    /// <summary>Looks a command up whose outcome was <see cref="ControlOutcome.Unknown"/>.</summary>
    /// <remarks>Its answer holds only after a <see cref="SyncAsync"/> that succeeded since: a command that is not there then never will be.</remarks>
    /// <param name="id">The command's <see cref="ControlCommand.Id"/>, or a verdict's <see cref="RequestVerdict.Id"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The revision that it made; null if it was not committed. Commands are kept for a day at least.</returns>
    /// <exception cref="StateStoreException">The store cannot be reached.</exception>
    Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Approves or denies one request that waits at any server. That server sees it in <see cref="SharedView.Requests"/>.</summary>
    /// <param name="verdict">The request and what becomes of it. The first verdict stands.</param>
    /// <param name="cancellationToken">As in <see cref="ExecuteAsync"/>.</param>
    /// <returns><see cref="ControlOutcome.Conflict"/> if no such request waits, or it is decided.</returns>
    /// <inheritdoc cref="ExecuteAsync" path="/exception"/>
    Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken);

    /// <summary>Adds what this server has seen: ends of checks, and requests that begin or cease to wait.</summary>
    /// <remarks>All of it or nothing. It changes neither control nor the revision of control, and wakes nobody who watches.</remarks>
    /// <param name="report">What is new.</param>
    /// <param name="cancellationToken">Gives up; it may still have been written, and may be reported again.</param>
    /// <exception cref="ServerFencedException">Another server has taken this one's place.</exception>
    /// <exception cref="StateStoreException">Nothing was written.</exception>
    Task ReportAsync(ServerReport report, CancellationToken cancellationToken);

    /// <summary>Hints that a sync is worth while: somebody has committed a command.</summary>
    /// <remarks>
    /// Only a hint: some may be missing, late or for nothing, and several may come as one. It does not end when the connection breaks, but
    /// connects again, and gives one hint then.
    /// </remarks>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken);
}
