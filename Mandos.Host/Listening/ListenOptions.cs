namespace Mandos.Host.Listening;

/// <summary>Where to listen.</summary>
internal sealed record ListenOptions
{
    /// <summary>Addresses to bind, perhaps with <c>%zone</c>; none for any.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>TCP port, the same on all addresses; null or 0 has the kernel choose one.</summary>
    public int? Port { get; init; }

    /// <summary>The only network interface to listen on; null for all.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether to use IPv6, and IPv4 through it; if not, IPv4 alone.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>Descriptors of open sockets to use instead; none to make them.</summary>
    public IReadOnlyList<int> Sockets { get; init; } = [];
}
