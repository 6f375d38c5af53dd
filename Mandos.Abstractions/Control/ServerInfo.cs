using System.Net;

namespace Mandos.Abstractions.Control;

/// <summary>The server itself.</summary>
public sealed record ServerInfo
{
    /// <summary>Version of the server.</summary>
    public required string Version { get; init; }

    /// <summary>The Zeroconf service name that was asked for.</summary>
    public required string ServiceName { get; init; }

    /// <summary>Where the server listens.</summary>
    public required IReadOnlyList<IPEndPoint> EndPoints { get; init; }

    /// <summary>The plugins that the server found when it started, in use or not, in the order of loading.</summary>
    public IReadOnlyList<PluginInfo> Plugins { get; init; } = [];

    /// <summary>Why changes of the clients are not on disk now, in a line; null if they are, or will be within a second.</summary>
    public string? StateProblem { get; init; }

    /// <summary>The servers that share the state; null if the state is this server's alone.</summary>
    public ServerGroup? Group { get; init; }
}
