using System.Buffers.Binary;
using System.Net;

namespace Mandos.Engine.Protocol;

/// <summary>Where a peer comes from, when it comes to sharing out what all peers share: a network, or one of its parts.</summary>
/// <remarks>
/// Somebody with one IPv6 address has at least a /64 of them, and often a /48. So a peer counts as its /48, within that as its /64, and
/// within that as its address. All link-local addresses are in one /64, though: there the interface stands in for the network, and each
/// address for itself.
/// </remarks>
/// <param name="High">The first half of the address, in which the bits that do not count are zero; IPv4 addresses are in IPv6-mapped form.</param>
/// <param name="Low">The second half. Not one <see cref="UInt128"/>: what uses that is compiled at each start.</param>
/// <param name="Length">How many bits count.</param>
/// <param name="Zone">The interface of a link-local address; otherwise 0.</param>
internal readonly record struct PeerSource(ulong High, ulong Low, int Length, long Zone)
{
    private const int Bits = 128;
    private const int Subnet = 64;
    private const int Site = 48;

    /// <summary>All that an address belongs to, the largest first.</summary>
    public static PeerSource[] PathOf(IPAddress address)
    {
        ReadOnlySpan<byte> bytes = address.MapToIPv6().GetAddressBytes();
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]);
        long zone = address.IsIPv6LinkLocal ? address.ScopeId : 0;
        var site = new PeerSource(high >> (Subnet - Site) << (Subnet - Site), 0, Site, zone);
        var subnet = new PeerSource(high, 0, Subnet, zone);
        var whole = new PeerSource(high, low, Bits, zone);
        return HasOwnSubnet(address) ? [site, subnet, whole]
            : address.IsIPv6LinkLocal ? [subnet, whole]
            : [whole];
    }

    /// <summary>What of that the limit on connections from one address counts: a /64, or the address.</summary>
    public static PeerSource Limited(IReadOnlyList<PeerSource> path) => path.Count == 1 ? path[0] : path[1];

    private static bool HasOwnSubnet(IPAddress address)
        => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            && !address.IsIPv4MappedToIPv6 && !address.IsIPv6LinkLocal;
}
