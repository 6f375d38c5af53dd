using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl.Clients;

/// <summary>Gives every client an object path of its own, for as long as it lives. For any thread.</summary>
internal sealed partial class ObjectPaths
{
    /// <summary>The paths, by the names of the clients.</summary>
    private readonly Dictionary<string, string> _paths;

    /// <summary>The names of the clients, by their paths.</summary>
    private readonly Dictionary<string, string> _owners;

    private readonly Lock _lock = new();
    private readonly ILogger _logger;

    /// <param name="logger">Is told of clients that would have the same path.</param>
    public ObjectPaths(ILogger logger)
        => (_paths, _owners, _logger) = (new(StringComparer.Ordinal), new(StringComparer.Ordinal), logger);

    private ObjectPaths(ObjectPaths other)
        => (_paths, _owners, _logger) = (new(other._paths, StringComparer.Ordinal), new(other._owners, StringComparer.Ordinal), other._logger);

    /// <summary>The same paths, which go their own way from now on.</summary>
    public ObjectPaths Copy()
    {
        lock (_lock)
        {
            return new ObjectPaths(this);
        }
    }

    /// <summary>The path of a client; null if it has none.</summary>
    /// <param name="name">The client's name.</param>
    public string? Find(string name)
    {
        lock (_lock)
        {
            return _paths.GetValueOrDefault(name);
        }
    }

    /// <summary>The path of a client. One that has none gets one that no other client has.</summary>
    /// <param name="name">The client's name.</param>
    public string Assign(string name)
    {
        lock (_lock)
        {
            if (!_paths.TryGetValue(name, out string? path))
            {
                path = FindFree(name);
                _paths.Add(name, path);
                _owners.Add(path, name);
            }

            return path;
        }
    }

    /// <summary>Lets others have the path of a client.</summary>
    /// <param name="name">The client's name.</param>
    public void Release(string name)
    {
        lock (_lock)
        {
            if (_paths.Remove(name, out string? path))
            {
                _owners.Remove(path);
            }
        }
    }

    /// <summary>Lets others have the paths of clients that are gone.</summary>
    /// <param name="names">The names of those that are there.</param>
    public void ReleaseAllBut(IReadOnlySet<string> names)
    {
        lock (_lock)
        {
            foreach (string gone in _paths.Keys.Where(name => !names.Contains(name)).ToArray())
            {
                Release(gone);
            }
        }
    }

    private string FindFree(string name)
    {
        string wanted = ClientPath.Of(name);
        if (!_owners.TryGetValue(wanted, out string? other))
        {
            return wanted;
        }

        string path;
        int number = 2;
        do
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number++}");
        }
        while (_owners.ContainsKey(path));

        LogCollision(name, wanted, other, path);
        return path;
    }
}
