namespace Mandos.Host.Listening;

/// <summary>Where to listen.</summary>
internal sealed record ListenOptions
{
    /// <summary>Address to bind, perhaps with <c>%zone</c>; null for any.</summary>
    public string? Address { get; init; }

    /// <summary>TCP port; null or 0 has the kernel choose one.</summary>
    public int? Port { get; init; }

    /// <summary>The only network interface to listen on; null for all.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether to use IPv6, and IPv4 through it; if not, IPv4 alone.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>Descriptor of an open socket to use instead; null to make one.</summary>
    public int? Socket { get; init; }
}
