using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;

namespace Mandos.StatePostgres.Tables;

/// <summary>Commands: the only changes of control.</summary>
internal static class Commands
{
    /// <summary>After how many changes what is of no use any more is deleted.</summary>
    private const long CleaningInterval = 256;

    /// <summary>Carries a command out.</summary>
    /// <returns>What has come of it, if this transaction is committed; null if the server is not registered any more.</returns>
    public static async Task<ControlResult?> ExecuteAsync(Session session, Fence fence, Registration self, ControlCommand command)
    {
        long revision = await session.LockControlAsync(fence).ConfigureAwait(false);
        if (await ReadPastAsync(session, self, command.Id).ConfigureAwait(false) is not { } past)
        {
            return null;
        }

        if (past.Revision is { } known)
        {
            return new ControlResult(ControlOutcome.Committed, known);
        }

        // After the lock of liveness: what others report cannot come between the look at the expiry and the change.
        long change = await session.LockLivenessAsync().ConfigureAwait(false);
        (SharedClient? current, bool isDue) = await ReadCurrentAsync(session, command.Client).ConfigureAwait(false);
        if ((current?.Revision ?? 0) != command.ExpectedRevision)
        {
            return new ControlResult(ControlOutcome.Conflict, Current: current);
        }

        if (command.OnlyIfExpired && !isDue)
        {
            return new ControlResult(ControlOutcome.NotDue, Current: current);
        }

        revision++;
        List<Statement> statements =
        [
            .. Change(command.Client, command.Control, command.ExpiresIn, revision, change),
            new("INSERT INTO mandos.command (id, revision) VALUES ($1, $2)", command.Id, revision),
            .. Transaction.Announce(revision),
        ];
        if (command.File is { } file)
        {
            statements.Add(Records.KeepFiles(self, [file with { Name = command.Client }]));
        }

        if (revision % CleaningInterval == 0)
        {
            statements.AddRange(Cleaning);
        }

        await session.RunAsync(statements).ConfigureAwait(false);
        return new ControlResult(ControlOutcome.Committed, revision);
    }

    /// <summary>Approves or denies a request.</summary>
    /// <inheritdoc cref="ExecuteAsync" path="/returns"/>
    public static async Task<ControlResult?> DecideAsync(Session session, Fence fence, Registration self, RequestVerdict verdict)
    {
        long revision = await session.LockControlAsync(fence).ConfigureAwait(false);
        if (await ReadPastAsync(session, self, verdict.Id).ConfigureAwait(false) is not { } past)
        {
            return null;
        }

        if (past.Revision is { } known)
        {
            return new ControlResult(ControlOutcome.Committed, known);
        }

        bool isDecided = await session.ReadAsync(
            static reader => reader.ReadAsync(CancellationToken.None),
            new Statement(
                "UPDATE mandos.request SET approved = $3 WHERE server = $1 AND number = $2 AND approved IS NULL RETURNING number",
                verdict.Server, verdict.Request, verdict.Approved)).ConfigureAwait(false);
        if (!isDecided)
        {
            return new ControlResult(ControlOutcome.Conflict);
        }

        revision++;
        await session.RunAsync(
            [new("INSERT INTO mandos.command (id, revision) VALUES ($1, $2)", verdict.Id, revision), .. Transaction.Announce(revision)])
            .ConfigureAwait(false);
        return new ControlResult(ControlOutcome.Committed, revision);
    }

    /// <summary>Looks a command up. With the lock of control, so that none that was given before can still be committed.</summary>
    public static async Task<long?> FindAsync(Session session, Fence fence, Guid id)
    {
        await session.LockControlAsync(fence).ConfigureAwait(false);
        return await session.ReadAsync(
            static async reader => await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false) ? reader.GetInt64(0) : (long?)null,
            new Statement("SELECT revision FROM mandos.command WHERE id = $1", id)).ConfigureAwait(false);
    }

    /// <summary>The statements that give a client its control, in a transaction that has both locks.</summary>
    /// <param name="name">The client.</param>
    /// <param name="control">Its control; null to forget it.</param>
    /// <param name="expiresIn">In which time it expires; null for the time that it has.</param>
    /// <param name="revision">The new revision.</param>
    /// <param name="change">The number of the change of liveness.</param>
    public static IEnumerable<Statement> Change(string name, SharedControl? control, TimeSpan? expiresIn, long revision, long change)
    {
        if (control is null)
        {
            return
            [
                new(
                    """
                    UPDATE mandos.client SET revision = $2, forgotten = true, settings = '{}', enabled = false, last_enabled = NULL, removed = false,
                        verdict_approved = NULL, verdict_ends = NULL, verdict_address = NULL, secret = ''
                    WHERE name = $1
                    """,
                    name, revision),
                new("DELETE FROM mandos.liveness WHERE client = $1", name),
            ];
        }

        SharedVerdict? verdict = control.Verdict;
        return
        [
            new(
                """
                INSERT INTO mandos.client AS c (name, revision, forgotten, settings, created, enabled, last_enabled, removed,
                    verdict_approved, verdict_ends, verdict_address, secret)
                VALUES ($1, $2, false, $3::jsonb, $4, $5, $6::bigint, $7, $8::boolean, clock_timestamp() + $9::interval, $10::text, $11)
                ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, forgotten = false, settings = c.settings || excluded.settings,
                    created = excluded.created, enabled = excluded.enabled, last_enabled = excluded.last_enabled, removed = excluded.removed,
                    verdict_approved = excluded.verdict_approved, verdict_ends = excluded.verdict_ends,
                    verdict_address = excluded.verdict_address, secret = excluded.secret
                """,
                name, revision, SettingsText.Write(control.Settings), control.Created.UtcTicks, control.Enabled, control.LastEnabled?.UtcTicks,
                control.IsRemoved, verdict?.Approved, Columns.Bounded(verdict?.Left), verdict?.Address?.ToString(), control.EncryptedSecret.ToArray()),
            new(
                $"""
                INSERT INTO mandos.liveness AS l (client, change, status, expires) VALUES ($1, $2, $5, CASE WHEN $3 THEN clock_timestamp() + $4::interval END)
                ON CONFLICT (client) DO UPDATE SET change = excluded.change, expires = CASE WHEN $3 THEN coalesce(excluded.expires, l.expires) END
                """,
                name, change, control is { Enabled: true, IsRemoved: false }, Columns.Bounded(expiresIn),
                Mandos.Abstractions.Clients.ClientSnapshot.NotCheckedYet),
        ];
    }

    /// <summary>
    /// Rows that are of no use any more: commands of the day before yesterday, and clients that were forgotten as every server knows.
    /// </summary>
    private static Statement[] Cleaning =>
    [
        new("DELETE FROM mandos.command WHERE committed < clock_timestamp() - interval '2 days'"),
        new("DELETE FROM mandos.client WHERE forgotten AND revision <= (SELECT min(confirmed) FROM mandos.server)"),
    ];

    /// <summary>Whether a command was carried out already.</summary>
    /// <returns>Null if the server is not registered any more.</returns>
    private static Task<(long? Revision, bool _)?> ReadPastAsync(Session session, Registration self, Guid id) => session.ReadAsync(
        static async reader => await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false)
            ? (reader.IsDBNull(0) ? null : reader.GetInt64(0), true)
            : ((long?, bool)?)null,
        new Statement(
            """
            SELECT c.revision FROM mandos.server s LEFT JOIN mandos.command c ON c.id = $3
            WHERE s.id = $1 AND s.incarnation = $2
            """,
            self.Server.Id, self.Incarnation, id));

    private static Task<(SharedClient? Client, bool IsDue)> ReadCurrentAsync(Session session, string name) => session.ReadAsync(
        static async reader =>
        {
            if (!await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                return ((SharedClient?)null, true);
            }

            long clock = reader.GetInt64(Columns.ClientCount);
            SharedClient client = Columns.ReadClient(reader).At(clock);
            return (client.Control is null ? null : client, !(Columns.Time(reader, Columns.ClientCount + 1) > clock));
        },
        new Statement(
            $"SELECT {Columns.Client}, clock_timestamp(), l.expires FROM mandos.client c LEFT JOIN mandos.liveness l ON l.client = c.name WHERE c.name = $1",
            name));
}
