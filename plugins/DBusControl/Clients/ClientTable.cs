using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;

namespace Mandos.DBusControl.Clients;

/// <summary>The clients as the bus was told of them last, by object path. Used on the connection's thread alone.</summary>
internal sealed class ClientTable
{
    private readonly Dictionary<string, ClientSnapshot> _clients = new(StringComparer.Ordinal);

    /// <summary>Number of clients.</summary>
    public int Count => _clients.Count;

    /// <summary>The paths, with the clients.</summary>
    public Dictionary<string, ClientSnapshot> All => _clients;

    /// <summary>Finds a client.</summary>
    public bool TryGet(string path, [NotNullWhen(true)] out ClientSnapshot? client) => _clients.TryGetValue(path, out client);

    /// <summary>Adds a client or replaces its state.</summary>
    public void Set(string path, ClientSnapshot client) => _clients[path] = client;

    /// <summary>Forgets a client.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string path) => _clients.Remove(path);
}
