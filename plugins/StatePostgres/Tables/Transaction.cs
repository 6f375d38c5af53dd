using System.Globalization;
using Mandos.StatePostgres.Connecting;
using Npgsql;

namespace Mandos.StatePostgres.Tables;

/// <summary>How a transaction begins, and what all of them do.</summary>
internal static class Transaction
{
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    /// <summary>The lock of control. It is a change, so that the commit has to wait for what makes it last.</summary>
    private const string LockControl = "UPDATE mandos.meta SET synced = clock_timestamp() RETURNING revision";

    /// <summary>The lock of liveness, which gives a new change its number.</summary>
    private const string LockLiveness = "UPDATE mandos.change_counter SET last = last + 1 RETURNING last";

    /// <summary>Begins one that may change control. Its reads after this are as new as the revision, because nobody else commits meanwhile.</summary>
    /// <returns>The revision.</returns>
    public static Task<long> LockControlAsync(this Session session, Fence fence) => LockAsync(session, fence, LockControl);

    /// <summary>Begins one that changes liveness alone.</summary>
    /// <returns>The number of its change.</returns>
    public static Task<long> BeginReportAsync(this Session session, Fence fence) => LockAsync(session, fence, LockLiveness);

    /// <summary>Has a transaction that has the lock of control change liveness too.</summary>
    /// <returns>The number of its change.</returns>
    public static Task<long> LockLivenessAsync(this Session session) => session.ReadAsync(ReadNumberAsync, new Statement(LockLiveness));

    /// <summary>Whether a server is registered as it was when it joined.</summary>
    public static Task<bool> IsRegisteredAsync(this Session session, Registration self) => session.ReadAsync(
        static reader => reader.ReadAsync(CancellationToken.None),
        new Statement("SELECT 1 FROM mandos.server WHERE id = $1 AND incarnation = $2", self.Server.Id, self.Incarnation));

    /// <summary>The statements that give the next change of control its revision, and have others hear of it.</summary>
    public static Statement[] Announce(long revision) =>
    [
        new("UPDATE mandos.meta SET revision = $1", revision),
        new($"SELECT pg_notify('{Channel}', $1)", revision.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Where others hear of a new revision.</summary>
    public const string Channel = "mandos";

    public static async Task<long> ReadNumberAsync(NpgsqlDataReader reader)
        => await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false) ? reader.GetInt64(0)
            : throw new IOException("its tables of Mandos have lost their contents");

    private static Task<long> LockAsync(Session session, Fence fence, string how) => session.ReadAsync(
        async reader =>
        {
            long number = await ReadNumberAsync(reader).ConfigureAwait(false);
            await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
            await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            return fence.Refuse(NodeStatus.Read(reader)) is { } fault ? throw new IOException(fault) : number;
        },
        new Statement(Begin), new Statement(how), new Statement(NodeStatus.Query));
}
