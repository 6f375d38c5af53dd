namespace Mandos.Engine.Protocol;

/// <summary>The connections whose peers have proved to own a client's key, by client. Used on the engine loop alone.</summary>
/// <param name="limit">How many of one client there may be.</param>
internal sealed class ClientConnections(int limit)
{
    /// <summary>Oldest first.</summary>
    private readonly Dictionary<string, List<Connection>> _clients = new(StringComparer.Ordinal);

    /// <summary>Takes a connection of <see cref="Connection.ClientName"/> in.</summary>
    /// <returns>The one that has to give way to it; null if there is room.</returns>
    /// <remarks>
    /// It is the oldest of the address that has most of them, within the source that has most: a thief of the client's key cannot push
    /// out the client itself from one place, and a machine that starts again pushes out what is left of its last attempt.
    /// </remarks>
    public Connection? Add(Connection connection)
    {
        if (!_clients.TryGetValue(connection.ClientName!, out List<Connection>? connections))
        {
            _clients[connection.ClientName!] = connections = [];
        }

        connections.Add(connection);
        return connections.Count <= limit ? null : OldestOfMost(connections);
    }

    private static Connection OldestOfMost(List<Connection> connections)
    {
        // From the largest networks down to the addresses
        for (int level = 0; connections.Any(one => level < one.Sources.Count); level++)
        {
            connections = [.. connections.GroupBy(one => one.Sources[Math.Min(level, one.Sources.Count - 1)])
                .MaxBy(static source => source.Count())!];
        }

        return connections[0];
    }

    /// <summary>Lets a connection go; does nothing if it is not here.</summary>
    public void Remove(Connection connection)
    {
        if (connection.ClientName is { } client
            && _clients.TryGetValue(client, out List<Connection>? connections)
            && connections.Remove(connection)
            && connections.Count == 0)
        {
            _clients.Remove(client);
        }
    }
}
