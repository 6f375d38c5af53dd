using System.Net.Sockets;

namespace Mandos.Bench.Siege;

/// <summary>A flood of connections.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Description">What the strangers do.</param>
/// <param name="Attack">What one of them does, over and over again, with a connection of its own.</param>
internal sealed record Flood(string Name, string Description, Func<Socket, CancellationToken, Task> Attack)
{
    /// <summary>How long a client may have to wait for its secret: a second, where the strangers cost nothing but connections.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many strangers there are at once.</summary>
    public int Strangers { get; init; } = 3600;

    /// <summary>Where a stranger comes from.</summary>
    public Func<Random, string> From { get; init; } = Sources.OneAddress;

    /// <summary>Lines of the server's mandos.conf.</summary>
    public string Settings { get; init; } = "";
}
