using System.Buffers.Binary;
using System.Net;

namespace Mandos.Engine.Protocol;

/// <summary>Where a peer comes from, when it comes to sharing out what all peers share: a network, or one of its parts.</summary>
/// <remarks>
/// Somebody with one IPv6 address has at least a /64 of them, and often a /48. So a peer counts as its /48, within that as its /64, and
/// within that as its address. All link-local addresses are in one /64, though: there the interface stands in for the network, and each
/// address for itself.
/// </remarks>
/// <param name="Prefix">The address, its last bits cleared; IPv4 addresses in IPv6-mapped form.</param>
/// <param name="Length">How many bits count.</param>
/// <param name="Zone">The interface of a link-local address; otherwise 0.</param>
internal readonly record struct PeerSource(UInt128 Prefix, int Length, long Zone)
{
    private const int Bits = 128;
    private const int Subnet = 64;
    private const int Site = 48;

    /// <summary>All that an address belongs to, the largest first.</summary>
    public static PeerSource[] PathOf(IPAddress address)
    {
        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(address.MapToIPv6().GetAddressBytes());
        long zone = address.IsIPv6LinkLocal ? address.ScopeId : 0;
        return HasOwnSubnet(address) ? [Cut(Site), Cut(Subnet), Cut(Bits)]
            : address.IsIPv6LinkLocal ? [Cut(Subnet), Cut(Bits)]
            : [Cut(Bits)];

        PeerSource Cut(int length) => new(bits >> (Bits - length) << (Bits - length), length, zone);
    }

    /// <summary>What of that the limit on connections from one address counts: a /64, or the address.</summary>
    public static PeerSource Limited(IReadOnlyList<PeerSource> path) => path.Count == 1 ? path[0] : path[1];

    private static bool HasOwnSubnet(IPAddress address)
        => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            && !address.IsIPv4MappedToIPv6 && !address.IsIPv6LinkLocal;
}
