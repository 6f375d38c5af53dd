using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;

namespace Mandos.StatePostgres.Tables;

/// <summary>Clients as records, as a store of one server has them: read at the start, and saved for what the files say.</summary>
internal static class Records
{
    /// <summary>Reads all clients.</summary>
    /// <param name="session">The session.</param>
    /// <param name="server">Whose files.</param>
    /// <param name="now">The wall clock, on which the record's times are.</param>
    public static Task<IReadOnlyList<StoredClient>> LoadAsync(Session session, Guid server, DateTimeOffset now) => session.ReadAsync(
        async reader =>
        {
            List<StoredClient> clients = [];
            while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                const int Next = Columns.ClientCount;
                long clock = reader.GetInt64(Next);
                SharedClient client = Columns.ReadClient(reader).At(clock);
                SharedControl control = client.Control!;
                SharedLiveness seen = reader.IsDBNull(Next + 1) ? new() { Client = client.Name } : Columns.ReadLiveness(reader, Next + 1).At(clock);
                bool hasFile = !reader.IsDBNull(Next + 6);
                clients.Add(new StoredClient
                {
                    Name = client.Name,
                    FileSettings = hasFile ? SettingsText.Read(reader.GetString(Next + 6)) : control.Settings,
                    FileEnabled = hasFile ? reader.GetBoolean(Next + 7) : control.Enabled,
                    LeftAt = hasFile && !reader.IsDBNull(Next + 8) ? Columns.Moment(reader.GetInt64(Next + 8)) : null,
                    SavedAt = hasFile ? now : null,
                    DeniedUntil = control.Verdict is { Approved: false } denial && denial.Left > TimeSpan.Zero ? After(now, denial.Left) : null,
                    EncryptedSecret = control.EncryptedSecret,
                    Revision = client.Revision,
                    Client = control.IsRemoved ? null : new ClientSnapshot
                    {
                        Name = client.Name,
                        Settings = control.Settings,
                        Created = control.Created,
                        Enabled = control.Enabled,
                        LastEnabled = control.LastEnabled,
                        LastCheckedOk = After(now, -seen.SinceCheckedOk),
                        LastCheckerStatus = seen.Status,
                        Expires = After(now, seen.ExpiresIn),
                    },
                });
            }

            return (IReadOnlyList<StoredClient>)clients;
        },
        new Statement(
            $"""
            SELECT {Columns.Client}, clock_timestamp(), {Columns.Liveness}, f.settings::text, f.enabled, f.left_at
            FROM mandos.client c
            LEFT JOIN mandos.liveness l ON l.client = c.name
            LEFT JOIN mandos.file_settings f ON f.client = c.name AND f.server = $1
            WHERE NOT c.forgotten
            """,
            server));

    /// <summary>Adds clients that are new, and keeps what this server's files say of all.</summary>
    /// <returns>Null if the server is not registered any more; otherwise the name of a client whose control is another, in which case nothing may be committed, or “”.</returns>
    public static async Task<string?> SaveAsync(
        Session session, Fence fence, Registration self, IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, DateTimeOffset now)
    {
        long revision = await session.LockControlAsync(fence).ConfigureAwait(false);
        if (!await session.IsRegisteredAsync(self).ConfigureAwait(false))
        {
            return null;
        }

        Dictionary<string, SharedControl> known = await ReadControlAsync(session, changed).ConfigureAwait(false);
        StoredClient[] added = [.. changed.Where(client => !known.ContainsKey(client.Name))];
        if (changed.FirstOrDefault(client => known.TryGetValue(client.Name, out SharedControl? control) && !Agrees(control, client)) is { } other)
        {
            return other.Name;
        }

        List<Statement> statements = [];
        if (added.Length > 0)
        {
            revision++;
            long change = await session.LockLivenessAsync().ConfigureAwait(false);
            foreach (StoredClient client in added)
            {
                statements.AddRange(Commands.Change(client.Name, Columns.Control(client, now), client.Client?.Expires - now, revision, change));
                if (client.Client is { } snapshot)
                {
                    statements.Add(new(
                        "UPDATE mandos.liveness SET ok = clock_timestamp() - $2::interval, checked = clock_timestamp() - $2::interval, status = $3 WHERE client = $1",
                        client.Name, -Columns.Bounded(snapshot.LastCheckedOk - now), snapshot.LastCheckerStatus));
                }
            }

            statements.AddRange(Transaction.Announce(revision));
        }

        if (changed.Count > 0)
        {
            statements.Add(KeepFiles(self, changed));
        }

        if (forgotten.Count > 0)
        {
            statements.Add(new("DELETE FROM mandos.file_settings WHERE server = $1 AND client = ANY ($2)", self.Server.Id, forgotten.ToArray()));
        }

        if (statements.Count > 0)
        {
            await session.RunAsync(statements).ConfigureAwait(false);
        }

        return "";
    }

    /// <summary>Whether no other server is registered.</summary>
    public static Task<bool> IsAloneAsync(Session session, Guid server) => session.ReadAsync(
        static async reader => !await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false),
        new Statement("SELECT 1 FROM mandos.server WHERE id <> $1 LIMIT 1", server));

    /// <summary>The statement that keeps what this server's files say of clients.</summary>
    public static Statement KeepFiles(Registration self, IReadOnlyCollection<StoredClient> clients) => new(
        """
        INSERT INTO mandos.file_settings AS f (server, client, settings, enabled, left_at)
        SELECT $1, client, settings::jsonb, enabled, left_at
        FROM unnest($2::text[], $3::text[], $4::boolean[], $5::bigint[]) AS t (client, settings, enabled, left_at)
        ON CONFLICT (server, client) DO UPDATE SET
            settings = f.settings || excluded.settings, enabled = excluded.enabled, left_at = excluded.left_at
        """,
        self.Server.Id,
        clients.Select(static client => client.Name).ToArray(),
        clients.Select(static client => SettingsText.Write(client.FileSettings)).ToArray(),
        clients.Select(static client => client.FileEnabled).ToArray(),
        clients.Select(static client => client.LeftAt?.UtcTicks).ToArray());

    private static Task<Dictionary<string, SharedControl>> ReadControlAsync(Session session, IReadOnlyCollection<StoredClient> clients) => session.ReadAsync(
        static async reader =>
        {
            var known = new Dictionary<string, SharedControl>(StringComparer.Ordinal);
            while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                SharedClient client = Columns.ReadClient(reader).Client;
                known.Add(client.Name, client.Control!);
            }

            return known;
        },
        new Statement(
            $"SELECT {Columns.Client} FROM mandos.client c WHERE NOT c.forgotten AND c.name = ANY ($1)",
            (object)clients.Select(static client => client.Name).ToArray()));

    private static bool Agrees(SharedControl control, StoredClient stored)
        => control.IsRemoved == stored.Client is null
            && (stored.Client is not { } client || (control.Enabled == client.Enabled && SettingsText.AreSame(control.Settings, client.Settings)))
            && control.EncryptedSecret.Span.SequenceEqual(stored.EncryptedSecret.Span);

    /// <summary>A time before or after now, or the last that there is.</summary>
    private static DateTimeOffset? After(DateTimeOffset now, TimeSpan? duration)
        => duration is not { } time ? null
            : time > DateTimeOffset.MaxValue - now ? DateTimeOffset.MaxValue
            : time < DateTimeOffset.MinValue - now ? DateTimeOffset.MinValue
            : now + time;
}
