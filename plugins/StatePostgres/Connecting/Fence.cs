using System.Globalization;

namespace Mandos.StatePostgres.Connecting;

/// <summary>Refuses a PostgreSQL that is not, or may be no longer, the one in which all servers commit.</summary>
/// <remarks>
/// The site, the system and the highest timeline that was seen are kept in a file of this server, so that it does not fall back to a primary
/// that was replaced while it was off. A timeline is kept there before anything that the new primary says counts.
/// </remarks>
/// <param name="file">Path of that file, which need not be there yet.</param>
/// <param name="requireSynchronous"><see cref="PostgresSettings.RequireSynchronous"/></param>
internal sealed class Fence(string file, bool requireSynchronous)
{
    /// <summary>The version of the tables that this server knows.</summary>
    public const int Version = 1;

    private readonly Lock _lock = new();
    private (Guid Site, long System, long Timeline)? _known;
    private bool _isRead;

    /// <summary>The highest timeline that was seen; 0 before any.</summary>
    public long HighestTimeline
    {
        get
        {
            lock (_lock)
            {
                return _known?.Timeline ?? 0;
            }
        }
    }

    /// <summary>Says why a node is refused; null if it passes, and then it is remembered.</summary>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read or written.</exception>
    public string? Refuse(NodeStatus node)
    {
        lock (_lock)
        {
            if (!_isRead)
            {
                _known = Read();
                _isRead = true;
            }

            if (FindFault(node) is { } fault)
            {
                return fault;
            }

            if (_known?.Timeline != node.Timeline)
            {
                (Guid, long, long) seen = (node.Site, node.System, node.Timeline!.Value);
                Write(seen);
                _known = seen;
            }

            return null;
        }
    }

    private string? FindFault(NodeStatus node)
        => node.OldestVersion > Version
            ? $"its tables are of version {node.Version}, for servers from version {node.OldestVersion} on, and this one has version {Version}: "
                + "install a newer server"
        : node.Version < Version
            ? $"its tables are of version {node.Version}, and this server needs {Version}: have its administrator run schema.sql, which is beside this plugin"
        : node.Timeline is not { } timeline ? "it is a standby"
        : _known is { } other && node.Site != other.Site
            ? $"it is the database of another site than before; if that is meant, remove {file} and restart the server"
        : _known is { } moved && node.System != moved.System
            ? $"it is another PostgreSQL than before, with a copy of the tables; if that is meant, remove {file} and restart the server"
        : _known is { } newer && timeline < newer.Timeline
            ? $"a standby has taken its place (it is on timeline {timeline}, which ended before {newer.Timeline})"
        : node.SynchronousCommit != "on" || node.LeastMessage != "warning"
            ? $"it has taken synchronous_commit={node.SynchronousCommit} and client_min_messages={node.LeastMessage} for “on” and “warning”"
        : FindStandbyFault(node.SynchronousStandbys);

    /// <summary>What is wrong with the standbys that it waits for; null if nothing is.</summary>
    public string? FindStandbyFault(string names)
        => !requireSynchronous ? null
        : names.Length == 0
            ? "it waits for no standby, so a command could be lost with it: set its synchronous_standby_names"
        : names.Contains('*', StringComparison.Ordinal)
            ? "its synchronous_standby_names has “*”, so anything that receives its log counts as a standby: name them"
        : null;

    private (Guid, long, long)? Read()
    {
        if (!File.Exists(file))
        {
            return null;
        }

        string[] words = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is ["site", var site, "system", var system, "timeline", var timeline]
            && Guid.TryParse(site, out Guid siteId)
            && long.TryParse(system, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long systemId)
            && long.TryParse(timeline, NumberStyles.None, CultureInfo.InvariantCulture, out long timelineId)
            ? (siteId, systemId, timelineId)
            : throw new IOException($"{file} is damaged; if nobody has replaced the database meanwhile, remove it and restart the server");
    }

    private void Write((Guid Site, long System, long Timeline) seen)
    {
        string fresh = file + ".new";
        using (var stream = new FileStream(fresh, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"site {seen.Site}\nsystem {seen.System}\ntimeline {seen.Timeline}\n")));
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, file, overwrite: true);
    }
}
