namespace Mandos.Engine.Protocol;

/// <summary>Connections by where they come from, and which of them gives way first. Used on the engine loop alone.</summary>
internal sealed class SourceTree
{
    private readonly Dictionary<PeerSource, Branch> _branches = [];
    private readonly Branch _root = new(null, default, 0);
    private long _lastNumber;

    /// <summary>How many connections come from a source.</summary>
    public int Count(PeerSource source) => _branches.GetValueOrDefault(source)?.Count ?? 0;

    /// <summary>Adds a connection that has not authenticated.</summary>
    public void Add(Connection connection)
    {
        Branch branch = _root;
        foreach (PeerSource source in connection.Sources)
        {
            if (!_branches.TryGetValue(source, out Branch? part))
            {
                _branches[source] = part = new Branch(branch, source, ++_lastNumber);
            }

            part.Count++;
            branch = part;
        }

        connection.Unauthenticated = branch.Connections.AddLast(connection);
        Change(branch, 1);
    }

    /// <summary>Notes that a connection is the first of its address to give way.</summary>
    public void GiveWayFirst(Connection connection)
    {
        Keep(connection);
        Branch branch = Leaf(connection);
        connection.Unauthenticated = branch.Connections.AddFirst(connection);
        Change(branch, 1);
    }

    /// <summary>Notes that a connection does not give way any more.</summary>
    public void Keep(Connection connection)
    {
        if (connection.Unauthenticated is { } node)
        {
            connection.Unauthenticated = null;
            Branch branch = Leaf(connection);
            branch.Connections.Remove(node);
            Change(branch, -1);
        }
    }

    /// <summary>Removes a connection.</summary>
    public void Remove(Connection connection)
    {
        Keep(connection);
        for (Branch branch = Leaf(connection); branch.Parent is { } whole; branch = whole)
        {
            if (--branch.Count == 0)
            {
                _branches.Remove(branch.Source);
            }
        }
    }

    /// <summary>The one that is to give way first, of all.</summary>
    /// <returns>Null if none may.</returns>
    public Connection? First() => First(_root);

    /// <summary>The one of a source that is to give way first.</summary>
    /// <inheritdoc cref="First()"/>
    public Connection? First(PeerSource source) => _branches.TryGetValue(source, out Branch? branch) ? First(branch) : null;

    private static Connection? First(Branch branch)
    {
        while (branch.Parts.Max is { } largest)
        {
            branch = largest;
        }

        return branch.Connections.First?.Value;
    }

    private static void Change(Branch changed, int by)
    {
        for (Branch branch = changed; branch.Parent is { } whole; branch = whole)
        {
            whole.Parts.Remove(branch);
            branch.Unauthenticated += by;
            if (branch.Unauthenticated > 0)
            {
                whole.Parts.Add(branch);
            }
        }
    }

    private Branch Leaf(Connection connection) => _branches[connection.Sources[^1]];

    private sealed class Branch(Branch? parent, PeerSource source, long number)
    {
        private static readonly Comparer<Branch> _byUnauthenticated = Comparer<Branch>.Create(static (a, b) =>
        {
            int bySize = a.Unauthenticated.CompareTo(b.Unauthenticated);
            return bySize != 0 ? bySize : b.Number.CompareTo(a.Number); // of equal ones the oldest
        });

        public Branch? Parent => parent;

        public PeerSource Source => source;

        public long Number => number;

        /// <summary>All connections.</summary>
        public int Count { get; set; }

        /// <summary>Those that may give way.</summary>
        public int Unauthenticated { get; set; }

        /// <summary>Parts with such connections, the one with the most last.</summary>
        public SortedSet<Branch> Parts { get; } = new(_byUnauthenticated);

        /// <summary>Such connections, oldest first; only an address has any itself.</summary>
        public LinkedList<Connection> Connections { get; } = [];
    }
}
