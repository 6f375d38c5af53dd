using Mandos.Abstractions.Sharing;
using Mandos.StatePostgres.Connecting;

namespace Mandos.StatePostgres.Tables;

/// <summary>This server's row among those that are registered.</summary>
/// <param name="Server">The server.</param>
/// <param name="Incarnation">Tells this registration from earlier and later ones of the same server.</param>
internal sealed record Registration(ServerIdentity Server, Guid Incarnation)
{
    /// <summary>Registers it, in place of the server that has its identity.</summary>
    public async Task<bool> JoinAsync(Session session, Fence fence)
    {
        await session.LockControlAsync(fence).ConfigureAwait(false);
        await session.LockLivenessAsync().ConfigureAwait(false);
        await session.RunAsync(
            new Statement(
                """
                INSERT INTO mandos.server (id, name, incarnation) VALUES ($1, $2, $3)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, incarnation = excluded.incarnation, joined = clock_timestamp(), synced = NULL, confirmed = 0, files_hash = NULL
                """,
                Server.Id, Server.Name, Incarnation),
            new Statement("DELETE FROM mandos.request WHERE server = $1", Server.Id)).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes it off the list, unless another has its place.</summary>
    public async Task<bool> LeaveAsync(Session session, Fence fence)
    {
        await session.LockControlAsync(fence).ConfigureAwait(false);
        await session.RunAsync(
            new Statement(
                "DELETE FROM mandos.request WHERE server = $1 AND EXISTS (SELECT 1 FROM mandos.server WHERE id = $1 AND incarnation = $2)",
                Server.Id, Incarnation),
            new Statement("DELETE FROM mandos.server WHERE id = $1 AND incarnation = $2", Server.Id, Incarnation)).ConfigureAwait(false);
        return true;
    }
}
