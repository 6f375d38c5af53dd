using System.Globalization;

namespace Mandos.Ctl.Servers;

/// <summary>The servers that share one state, as one of them knows them.</summary>
/// <param name="Servers">All of them.</param>
/// <param name="Revision">The last change that it knows of.</param>
/// <param name="Wait">For how long at most commands may still wait for others; zero if none waits.</param>
internal sealed record ServerGroup(IReadOnlyList<SharingServer> Servers, ulong Revision, TimeSpan Wait)
{
    /// <summary>A server that synced this long ago is alive: it does so each second.</summary>
    private static readonly TimeSpan _alive = TimeSpan.FromSeconds(5);

    /// <summary>A sync takes a second from the last one, and some milliseconds.</summary>
    private static readonly TimeSpan _late = TimeSpan.FromSeconds(2);

    /// <summary>The server that tells of the others; null if it does not say.</summary>
    public SharingServer? Self => Servers.FirstOrDefault(static server => server.IsSelf);

    /// <summary>Whether the server itself has permission to give secrets, and knows how the others are.</summary>
    public bool HasPermission => Self?.Permission > TimeSpan.Zero;

    /// <summary>Whether a server is alive, as far as is known.</summary>
    public static bool IsAlive(SharingServer server) => server.SinceSync < _alive;

    /// <summary>The servers whose files differ from those of the one that tells.</summary>
    public IEnumerable<SharingServer> Differing => Self is not { FilesHash.Length: > 0 } self ? []
        : Servers.Where(server => server.FilesHash.Length > 0 && server.FilesHash != self.FilesHash);

    /// <summary>What somebody should look after, a line each.</summary>
    public IEnumerable<string> Warnings()
    {
        if (!HasPermission)
        {
            yield return Self?.SinceSync is { } last
                ? $"this server has no permission to give secrets: its last sync with the shared store was {Text(last)} ago"
                : "this server has no permission to give secrets: it has made no sync with the shared store yet";
        }
        else
        {
            foreach (SharingServer server in Servers.Where(static server => !IsAlive(server)))
            {
                yield return $"server {server.Name} "
                    + (server.SinceSync is { } sync ? $"has made no sync for {Text(sync)}" : "has made no sync since it started")
                    + "; commands wait for it, so if it is gone for good, remove it from the database";
            }
        }

        string[] differing = [.. Differing.Select(static server => server.Name)];
        if (differing.Length > 0)
        {
            yield return $"the clients in this server's files differ from those of: {string.Join(", ", differing)}";
        }
    }

    /// <summary>In a few words what somebody should look after.</summary>
    public string[] Concerns()
    {
        string[] dead = [.. Servers.Where(static server => !IsAlive(server)).Select(static server => server.Name)];
        string[] differing = [.. Differing.Select(static server => server.Name)];
        return
        [
            .. (ReadOnlySpan<string>)(HasPermission ? [] : ["no permission to give secrets"]),
            .. (ReadOnlySpan<string>)(HasPermission && dead.Length > 0 ? [$"not live: {string.Join(", ", dead)}"] : []),
            .. (ReadOnlySpan<string>)(differing.Length > 0 ? [$"files differ: {string.Join(", ", differing)}"] : []),
        ];
    }

    /// <summary>What commands wait for now; null if for nothing that is known.</summary>
    public string? Waiting()
    {
        string[] awaited = [.. Servers.Where(static server => server.IsAwaited).Select(static server => server.Name)];
        return awaited.Length > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"waiting for {(awaited.Length == 1 ? "server" : "servers")} {string.Join(", ", awaited)} to confirm; at most {Wait.TotalSeconds:0.0} s")
            : Self?.SinceSync > _late ? $"waiting for the shared store, which has not answered for {Text(Self.SinceSync.Value)}"
            : null;
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:N0} s");
}
