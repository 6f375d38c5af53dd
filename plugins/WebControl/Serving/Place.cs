using System.Net;
using System.Net.Sockets;

namespace Mandos.WebControl.Serving;

/// <summary>Where somebody comes from, for limits.</summary>
internal static class Place
{
    /// <summary>The name of a place: an address of IPv4 or a /64 of IPv6, since who can have many of its addresses has them in one.</summary>
    public static string Of(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        byte[] bytes = address.GetAddressBytes();
        return Convert.ToHexString(address.AddressFamily == AddressFamily.InterNetwork ? bytes : bytes[..8]);
    }
}
