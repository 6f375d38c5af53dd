using System.Net;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>The addresses of an interface, all of one family.</summary>
/// <param name="Announced">Those that clients are told.</param>
/// <param name="Networks">The networks in which the interface is.</param>
internal sealed record LinkAddresses(IReadOnlyList<IPAddress> Announced, IReadOnlyList<IPNetwork> Networks)
{
    /// <summary>Whether an address belongs to the link (RFC 6762 section 11).</summary>
    public bool Contain(IPAddress address)
    {
        IPAddress plain = address.IsIPv6LinkLocal ? new IPAddress(address.GetAddressBytes()) : address; // without the zone
        return Networks.Any(network => network.Contains(plain));
    }

    /// <summary>Whether both are the same.</summary>
    public bool Equals(LinkAddresses? other)
        => other is not null && Announced.SequenceEqual(other.Announced) && Networks.SequenceEqual(other.Networks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Announced.Count, Networks.Count);
}
