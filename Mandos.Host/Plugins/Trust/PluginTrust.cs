using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Unix;

namespace Mandos.Host.Plugins.Trust;

/// <summary>
/// Finds out whether anybody but the trusted users could put code into a plugin. Then the server does not load it, because a plugin has all
/// rights of the server.
/// </summary>
/// <remarks>
/// Nobody untrusted can change the files between the check and the loading, because that is what the check makes sure of.
/// </remarks>
/// <param name="directory">Absolute path of the plugin directory.</param>
/// <param name="owners">Whom to trust.</param>
internal sealed class PluginTrust(string directory, TrustedOwners owners)
{
    /// <summary>As many symbolic links in one path as the kernel follows.</summary>
    private const int MaxLinks = 40;

    private readonly HashSet<string> _goodAncestors = new(StringComparer.Ordinal);

    /// <summary>The plugin directory without symbolic links in its path; null until it was found to be trustworthy.</summary>
    private string? _root;

    /// <summary>Checks one plugin: the plugin directory with all that is above it, and all files that could be loaded with the plugin.</summary>
    /// <param name="candidate">The plugin.</param>
    /// <exception cref="PluginException">It is not to be trusted; says why, and what to do.</exception>
    /// <exception cref="IOException">Something cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Something must not be read.</exception>
    public void Require(PluginCandidate candidate)
    {
        _root ??= RequireRoot();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (candidate.HasOwnFolder)
        {
            RequireTree(Path.Combine(_root, candidate.Name), seen);
            return;
        }

        foreach (var path in PlainPluginFiles.Find(_root, candidate.Name))
        {
            RequireTree(path, seen);
        }
    }

    private string RequireRoot()
    {
        var root = Resolve(directory);
        var entry = FileEntry.Read(root);
        RequireOwner(root, entry);
        RequireUnwritable(root, entry);
        return root;
    }

    /// <summary>Checks a file, or a folder with all that is in it.</summary>
    private void RequireTree(string path, HashSet<string> seen)
    {
        if (!seen.Add(path))
        {
            return;
        }

        var entry = FileEntry.Read(path);
        RequireOwner(path, entry);
        if (entry.IsLink)
        {
            var target = Resolve(path);
            if (!target.StartsWith(_root + "/", StringComparison.Ordinal))
            {
                throw Untrusted($"{path} is a symbolic link out of the plugin directory, to {target}", "put a copy in its place");
            }

            RequireTree(target, seen);
            return;
        }

        RequireUnwritable(path, entry);
        if (entry.IsDirectory)
        {
            foreach (var inside in Directory.EnumerateFileSystemEntries(path))
            {
                RequireTree(inside, seen);
            }
        }
        else if (!entry.IsFile)
        {
            throw Untrusted($"{path} is neither a file nor a directory", "remove it");
        }
        else if (IsRuntimeConfiguration(path))
        {
            throw Untrusted($"{path} could have libraries loaded from anywhere", "remove it");
        }
    }

    private static bool IsRuntimeConfiguration(string path)
        => Path.GetFileName(path.AsSpan()) is var name
            && name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            && name.Contains(".runtimeconfig.", StringComparison.OrdinalIgnoreCase);

    /// <summary>Follows the symbolic links in a path, and checks each directory and each link on the way, but not the end.</summary>
    /// <returns>The path without symbolic links.</returns>
    private string Resolve(string path)
    {
        var names = new Stack<string>();
        var current = "/";
        var links = 0;
        Push(path);
        while (names.TryPop(out var name))
        {
            RequireAncestor(current);
            if (name is "" or ".")
            {
                continue;
            }

            if (name is "..")
            {
                current = Path.GetDirectoryName(current) ?? "/";
                continue;
            }

            var next = Path.Join(current, name);
            var entry = FileEntry.Read(next);
            if (!entry.IsLink)
            {
                current = next;
                continue;
            }

            RequireOwner(next, entry);
            if (++links > MaxLinks || new FileInfo(next).LinkTarget is not { } target)
            {
                throw Untrusted($"{next} is one of too many symbolic links", "remove some");
            }

            current = target.StartsWith('/') ? "/" : current;
            Push(target);
        }

        return current;

        void Push(string added)
        {
            foreach (var name in added.Split('/').Reverse())
            {
                names.Push(name);
            }
        }
    }

    /// <summary>Checks a directory above. Others may write a sticky one, such as /tmp, as that does not let them rename what is in it.</summary>
    private void RequireAncestor(string path)
    {
        if (_goodAncestors.Contains(path))
        {
            return;
        }

        var entry = FileEntry.Read(path);
        RequireOwner(path, entry);
        if (!entry.IsSticky)
        {
            RequireUnwritable(path, entry);
        }

        _goodAncestors.Add(path);
    }

    private static void RequireUnwritable(string path, FileEntry entry)
    {
        if (entry.IsWritableByOthers)
        {
            throw Untrusted($"{path} can be written by others than its owner (mode {entry.Permissions})", $"chmod go-w {Quote(path)}");
        }
    }

    private void RequireOwner(string path, FileEntry entry)
    {
        if (!owners.Contains(entry.Owner))
        {
            throw Untrusted($"{path} belongs to user {entry.Owner}, not to {owners}", $"chown -h root: {Quote(path)}");
        }
    }

    private static PluginException Untrusted(string problem, string remedy) => new($"not trusted: {problem}; {remedy}");

    /// <summary>The path as a shell takes it.</summary>
    private static string Quote(string path)
        => path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+,@:".Contains(c, StringComparison.Ordinal))
            ? path
            : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
