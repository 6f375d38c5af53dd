using System.Net;
using System.Net.Sockets;

namespace Mandos.Engine.Protocol;

/// <summary>What counts as one source of connections: an IPv4 address, or the /64 of an IPv6 address, all of which one host can have.</summary>
/// <param name="Prefix">The address; of an IPv6 address the first 64 bits.</param>
internal readonly record struct PeerSource(IPAddress Prefix)
{
    private const int PrefixLength = 8;

    /// <summary>The source of an address.</summary>
    public static PeerSource Of(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return new PeerSource(address);
        }

        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixLength).Clear();
        return new PeerSource(new IPAddress(bytes, address.ScopeId));
    }
}
