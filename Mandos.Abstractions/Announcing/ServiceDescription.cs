using System.Net.Sockets;

namespace Mandos.Abstractions.Announcing;

/// <summary>The service to announce on the network.</summary>
public sealed record ServiceDescription
{
    /// <summary>The name to announce, unless it is taken, for example <c>Mandos</c>.</summary>
    public required string Name { get; init; }

    /// <summary>DNS-SD service type (RFC 6763 section 7).</summary>
    public string Type { get; init; } = "_mandos._tcp";

    /// <summary>TCP port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>Index of the only network interface to announce on; null for all.</summary>
    public int? InterfaceIndex { get; init; }

    /// <summary><see cref="AddressFamily.InterNetworkV6"/> or <see cref="AddressFamily.InterNetwork"/>.</summary>
    public AddressFamily AddressFamily { get; init; } = AddressFamily.InterNetworkV6;
}
