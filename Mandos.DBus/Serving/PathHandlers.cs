namespace Mandos.DBus.Serving;

/// <summary>Which handler answers for which path. For all threads.</summary>
internal sealed class PathHandlers
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IPathMethodHandler> _handlers = [];

    /// <returns>Whether the path had none before.</returns>
    public bool TryAdd(string path, IPathMethodHandler handler)
    {
        lock (_gate)
        {
            return _handlers.TryAdd(path, handler);
        }
    }

    public void Remove(string path)
    {
        lock (_gate)
        {
            _handlers.Remove(path);
        }
    }

    /// <summary>The handler of a path, else the nearest one above that handles what is below.</summary>
    public IPathMethodHandler? Find(string path)
    {
        lock (_gate)
        {
            if (_handlers.TryGetValue(path, out IPathMethodHandler? handler))
            {
                return handler;
            }
            var bySpan = _handlers.GetAlternateLookup<ReadOnlySpan<char>>();
            ReadOnlySpan<char> parent = path;
            while (parent.Length > 1)
            {
                parent = parent[..Math.Max(1, parent.LastIndexOf('/'))];
                if (bySpan.TryGetValue(parent, out handler) && handler.HandlesChildPaths)
                {
                    return handler;
                }
            }
            return null;
        }
    }
}
