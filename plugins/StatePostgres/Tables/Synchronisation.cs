using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;
using Npgsql;

namespace Mandos.StatePostgres.Tables;

/// <summary>A sync: what a server has applied is noted, and what it has not is read.</summary>
/// <remarks>
/// Parts that may be large are read before the lock is taken: the liveness, and the control of a server that is far behind. So a server that stalls while it reads holds nobody
/// up. It was committed on this node, and the commit that follows shows that the node is the right one; what changed meanwhile is read under the lock.
/// </remarks>
internal static class Synchronisation
{
    private const string ChangedControl =
        $"SELECT {Columns.Client}, {Columns.Liveness} FROM mandos.client c LEFT JOIN mandos.liveness l ON l.client = c.name WHERE c.revision > $1";

    /// <summary>Makes one.</summary>
    /// <returns>The view; null if the server is not registered any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It has applied more than there is.</exception>
    public static async Task<SharedView?> RunAsync(Session session, Fence fence, Registration self, SyncPoint applied)
    {
        var clients = new Dictionary<string, ClientRow>(StringComparer.Ordinal);
        var liveness = new Dictionary<string, LivenessRow>(StringComparer.Ordinal);
        (long read, long change) = await ReadAheadAsync(session, applied, clients, liveness).ConfigureAwait(false);

        long revision = await session.LockControlAsync(fence).ConfigureAwait(false);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(applied.Revision, revision, nameof(applied));
        return await session.ReadAsync(
            async reader =>
            {
                if (!await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    return null;
                }

                await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
                await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                long clock = reader.GetInt64(0);
                await ReadControlAsync(reader, clients, liveness).ConfigureAwait(false);
                return new SharedView
                {
                    Reached = new SyncPoint(revision, change),
                    Clients = [.. clients.Values.Select(row => row.At(clock))],
                    Requests = await ReadRequestsAsync(reader).ConfigureAwait(false),
                    Servers = await ReadServersAsync(reader, clock).ConfigureAwait(false),
                    Liveness = [.. liveness.Values.Select(row => row.At(clock))],
                };
            },
            new Statement(
                """
                UPDATE mandos.server SET synced = clock_timestamp(), confirmed = greatest(confirmed, $3)
                WHERE id = $1 AND incarnation = $2 RETURNING confirmed
                """,
                self.Server.Id, self.Incarnation, applied.Revision),
            new Statement(Columns.Clock),
            new Statement(ChangedControl, read),
            new Statement("SELECT server, client, number, peer, key_id, since, approved FROM mandos.request"),
            new Statement("SELECT id, name, joined, synced, confirmed, files_hash FROM mandos.server")).ConfigureAwait(false);
    }

    /// <summary>Reads outside of the transaction.</summary>
    /// <returns>Up to which revision control was read, and up to which change liveness was.</returns>
    private static Task<(long Revision, long Change)> ReadAheadAsync(
        Session session, SyncPoint applied, Dictionary<string, ClientRow> clients, Dictionary<string, LivenessRow> liveness)
        => session.ReadAsync(
            async reader =>
            {
                // The numbers first: what is read after them is as new at least.
                await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                long revision = reader.GetInt64(0);
                long change = reader.GetInt64(1);
                await ReadControlAsync(reader, clients, liveness).ConfigureAwait(false);
                await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
                while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    LivenessRow row = Columns.ReadLiveness(reader, 0);
                    liveness[row.Client] = row;
                }

                // Rows that changed after the numbers were read come again under the lock, with their right revision.
                foreach (ClientRow late in clients.Values.Where(row => row.Client.Revision > revision).ToArray())
                {
                    clients.Remove(late.Client.Name);
                }

                return (revision, change);
            },
            new Statement("SELECT m.revision, k.last FROM mandos.meta m, mandos.change_counter k"),
            new Statement(ChangedControl, applied.Revision),
            new Statement($"SELECT {Columns.Liveness} FROM mandos.liveness l WHERE l.change > $1", applied.Liveness));

    private static async Task ReadControlAsync(
        NpgsqlDataReader reader, Dictionary<string, ClientRow> clients, Dictionary<string, LivenessRow> liveness)
    {
        await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
        while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            ClientRow client = Columns.ReadClient(reader);
            clients[client.Client.Name] = client;
            if (!reader.IsDBNull(Columns.ClientCount))
            {
                liveness[client.Client.Name] = Columns.ReadLiveness(reader, Columns.ClientCount);
            }
            else
            {
                liveness.Remove(client.Client.Name);
            }
        }
    }

    private static async Task<List<SharedRequest>> ReadRequestsAsync(NpgsqlDataReader reader)
    {
        List<SharedRequest> requests = [];
        await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
        while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            requests.Add(new SharedRequest(
                reader.GetGuid(0),
                reader.GetString(1),
                new SecretRequest(reader.GetInt64(2), IPEndPoint.Parse(reader.GetString(3)), reader.GetString(4), Columns.Moment(reader.GetInt64(5))),
                reader.IsDBNull(6) ? null : reader.GetBoolean(6)));
        }

        return requests;
    }

    private static async Task<List<SharedServer>> ReadServersAsync(NpgsqlDataReader reader, long clock)
    {
        List<SharedServer> servers = [];
        await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
        while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            servers.Add(new SharedServer
            {
                Identity = new ServerIdentity(reader.GetGuid(0), reader.GetString(1)),
                SinceJoined = Columns.Between(Columns.Time(reader, 2), clock)!.Value,
                SinceSync = Columns.Between(Columns.Time(reader, 3), clock),
                Confirmed = reader.GetInt64(4),
                FilesHash = reader.IsDBNull(5) ? null : reader.GetString(5),
            });
        }

        return servers;
    }
}
