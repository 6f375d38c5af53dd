using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;

namespace Mandos.DBusControl.Clients;

/// <summary>The clients as the bus was told of them last, by object path. Used on the connection's thread alone.</summary>
internal sealed class ClientTable
{
    private readonly Dictionary<string, Entry> _clients = new(StringComparer.Ordinal);

    /// <summary>The clients by their numbers, which only grow; also some that are gone.</summary>
    private readonly List<(ulong Number, string Path)> _order = [];
    private ulong _lastNumber;

    /// <summary>The paths of the clients for which requests wait: few of many.</summary>
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);

    /// <summary>Number of clients.</summary>
    public int Count => _clients.Count;

    /// <summary>The paths, with the clients, in the order in which they appeared.</summary>
    public IEnumerable<KeyValuePair<string, ClientSnapshot>> All
        => After(0).Select(static entry => KeyValuePair.Create(entry.Path, entry.Client));

    /// <summary>The clients for which requests wait, with their paths.</summary>
    public IEnumerable<KeyValuePair<string, ClientSnapshot>> Waiting
        => _waiting.Select(path => KeyValuePair.Create(path, _clients[path].Client));

    /// <summary>The clients that appeared after another one, which may be gone, in that order.</summary>
    /// <param name="number">Its number; 0 stands before all.</param>
    public IEnumerable<(ulong Number, string Path, ClientSnapshot Client)> After(ulong number)
    {
        for (int i = IndexAfter(number); i < _order.Count; i++)
        {
            if (_clients.TryGetValue(_order[i].Path, out Entry entry) && entry.Number == _order[i].Number)
            {
                yield return (entry.Number, _order[i].Path, entry.Client);
            }
        }
    }

    /// <summary>Finds a client.</summary>
    public bool TryGet(string path, [NotNullWhen(true)] out ClientSnapshot? client)
    {
        client = _clients.GetValueOrDefault(path).Client;
        return client is not null;
    }

    /// <summary>Adds a client or replaces its state.</summary>
    public void Set(string path, ClientSnapshot client)
    {
        if (!_clients.TryGetValue(path, out Entry entry))
        {
            entry = new Entry(++_lastNumber, client);
            _order.Add((entry.Number, path));
        }

        _clients[path] = entry with { Client = client };
        if (client.Requests.Count > 0)
        {
            _waiting.Add(path);
        }
        else
        {
            _waiting.Remove(path);
        }
    }

    /// <summary>Forgets a client.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string path)
    {
        bool wasThere = _clients.Remove(path);
        _waiting.Remove(path);
        if (_order.Count > (2 * _clients.Count) + 100)
        {
            _order.RemoveAll(entry => _clients.GetValueOrDefault(entry.Path).Number != entry.Number);
        }

        return wasThere;
    }

    private int IndexAfter(ulong number)
    {
        (int low, int high) = (0, _order.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _order[middle].Number <= number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private readonly record struct Entry(ulong Number, ClientSnapshot Client);
}
