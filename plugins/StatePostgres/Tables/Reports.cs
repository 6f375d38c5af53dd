using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;

namespace Mandos.StatePostgres.Tables;

/// <summary>Reports: what servers have seen.</summary>
internal static class Reports
{
    /// <summary>
    /// Merges a batch of checks in one statement. The later time wins; an expiry only moves to later, and one that is disabled has none. Control is
    /// read, and cannot change meanwhile: a change of it takes the lock of liveness too.
    /// </summary>
    private const string Merge =
        """
        UPDATE mandos.liveness l SET
            change = $1,
            checked = CASE WHEN r.is_later THEN r.checked ELSE l.checked END,
            status = CASE WHEN r.is_later THEN r.status ELSE l.status END,
            ok = greatest(l.ok, r.ok),
            expires = CASE WHEN r.is_enabled THEN greatest(l.expires, r.expires) END
        FROM (
            SELECT t.client, t.status, clock - t.checked_age AS checked, clock - t.ok_age AS ok, clock + t.good_for AS expires,
                c.enabled AS is_enabled, coalesce(clock - t.checked_age >= coalesce(k.checked, '-infinity'), false) AS is_later
            FROM (SELECT clock_timestamp() AS clock) now
            CROSS JOIN unnest($2::text[], $3::interval[], $4::integer[], $5::interval[], $6::interval[]) AS t (client, checked_age, status, ok_age, good_for)
            JOIN mandos.client c ON c.name = t.client AND NOT c.forgotten AND NOT c.removed
            JOIN mandos.liveness k ON k.client = t.client
        ) r
        WHERE l.client = r.client
        """;

    /// <summary>Adds a report.</summary>
    /// <returns>False if the server is not registered any more.</returns>
    public static async Task<bool> AddAsync(Session session, Fence fence, Registration self, ServerReport report)
    {
        long change = await session.BeginReportAsync(fence).ConfigureAwait(false);
        if (!await session.IsRegisteredAsync(self).ConfigureAwait(false))
        {
            return false;
        }

        List<Statement> statements = [];
        if (report.Checks.Count > 0)
        {
            statements.Add(MergeChecks(change, report.Checks));
        }

        foreach (SharedRequest opened in report.Opened)
        {
            statements.Add(new(
                """
                INSERT INTO mandos.request (server, client, number, peer, key_id, since) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (server, number) DO NOTHING
                """,
                self.Server.Id, opened.Client, opened.Request.Id, opened.Request.Peer.ToString(), opened.Request.KeyId, opened.Request.Since.UtcTicks));
        }

        if (report.Closed.Count > 0)
        {
            statements.Add(new("DELETE FROM mandos.request WHERE server = $1 AND number = ANY ($2)", self.Server.Id, report.Closed.ToArray()));
        }

        if (report.FilesHash is { } hash)
        {
            statements.Add(new("UPDATE mandos.server SET files_hash = $2 WHERE id = $1", self.Server.Id, hash));
        }

        if (statements.Count > 0)
        {
            await session.RunAsync(statements).ConfigureAwait(false);
        }

        return true;
    }

    private static Statement MergeChecks(long change, IReadOnlyCollection<CheckReport> checks)
    {
        // Of each client one row, as a statement changes each but once.
        var merged = new Dictionary<string, Seen>(StringComparer.Ordinal);
        foreach (CheckReport check in checks)
        {
            merged[check.Client] = merged.GetValueOrDefault(check.Client).With(check);
        }

        return new Statement(
            Merge,
            change,
            merged.Keys.ToArray(),
            merged.Values.Select(static seen => Age(seen.CheckedAge)).ToArray(),
            merged.Values.Select(static seen => seen.Status).ToArray(),
            merged.Values.Select(static seen => Age(seen.OkAge)).ToArray(),
            merged.Values.Select(static seen => Columns.Bounded(seen.GoodFor)).ToArray());

        // A time long ago, as that is subtracted.
        static TimeSpan? Age(TimeSpan? age) => -Columns.Bounded(-age);
    }

    /// <summary>What a batch says of one client: durations before and after now.</summary>
    private readonly record struct Seen(TimeSpan? CheckedAge, int? Status, TimeSpan? OkAge, TimeSpan? GoodFor)
    {
        public Seen With(CheckReport check)
        {
            Seen seen = this;
            if (check.Status is { } status && !(check.Age > CheckedAge))
            {
                seen = seen with { CheckedAge = check.Age, Status = status };
            }

            if (check.Status == 0 && !(check.Age > OkAge))
            {
                seen = seen with { OkAge = check.Age };
            }

            return check.GoodFor - check.Age is { } left && !(left < GoodFor) ? seen with { GoodFor = left } : seen;
        }
    }
}
