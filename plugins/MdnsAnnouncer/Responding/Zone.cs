using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>The records that stand for the service on one link (RFC 6763).</summary>
internal sealed class Zone
{
    private const string Domain = "local";

    /// <summary>Seconds for records with a host's name in them (RFC 6762 section 10).</summary>
    private const uint HostTtl = 120;

    /// <summary>Seconds for the others.</summary>
    private const uint OtherTtl = 75 * 60;

    /// <summary>The records.</summary>
    /// <param name="names">The names in force.</param>
    /// <param name="type">The type of the service, such as <c>_mandos._tcp</c>.</param>
    /// <param name="port">Its port.</param>
    /// <param name="addresses">The addresses of the host on the link, all of one family.</param>
    /// <exception cref="ArgumentException">A name is too long, or empty.</exception>
    public Zone(ServiceNames names, string type, int port, IReadOnlyList<IPAddress> addresses)
    {
        string[] types = [.. type.Split('.'), Domain];
        Type = DnsName.Of(types);
        Types = DnsName.Of("_services", "_dns-sd", "_udp", Domain);
        Instance = DnsName.Of([names.Instance, .. types]);
        Host = DnsName.Of(names.Host, Domain);
        Names = [Instance, Host, Type, Types];

        byte[] place = new byte[DnsRecord.SrvHeaderLength];
        BinaryPrimitives.WriteUInt16BigEndian(place.AsSpan(4), (ushort)port);
        Records =
        [
            new(Types, RecordType.Ptr, Type.Wire.ToArray(), OtherTtl, IsUnique: false),
            new(Type, RecordType.Ptr, Instance.Wire.ToArray(), OtherTtl, IsUnique: false),
            new(Instance, RecordType.Srv, (byte[])[.. place, .. Host.Wire], HostTtl, IsUnique: true),
            new(Instance, RecordType.Txt, new byte[1], OtherTtl, IsUnique: true), // an empty text, as there has to be one (RFC 6763 section 6.1)
            new(Instance, RecordType.Nsec, TypesOf(Instance, RecordType.Txt, RecordType.Srv), HostTtl, IsUnique: true),
            .. addresses.Select(address => new DnsRecord(Host, TypeOf(address), address.GetAddressBytes(), HostTtl, IsUnique: true)),
            .. addresses.Select(TypeOf).Distinct().Select(
                one => new DnsRecord(Host, RecordType.Nsec, TypesOf(Host, one), HostTtl, IsUnique: true)),
        ];
    }

    /// <summary>The names of the records.</summary>
    public IReadOnlyList<DnsName> Names { get; }

    /// <summary>The records. Those of type NSEC say which others there are.</summary>
    public IReadOnlyList<DnsRecord> Records { get; }

    /// <summary>The name of the service, which nobody else may have.</summary>
    public DnsName Instance { get; }

    /// <summary>The name of the host, which nobody else may have.</summary>
    public DnsName Host { get; }

    /// <summary>The name where all services of the type are.</summary>
    public DnsName Type { get; }

    /// <summary>The name where all types of services are.</summary>
    public DnsName Types { get; }

    /// <summary>Whether nobody else may have a name.</summary>
    public bool IsUnique(DnsName name) => name.Equals(Instance) || name.Equals(Host);

    /// <summary>The type of the record of an address.</summary>
    public static RecordType TypeOf(IPAddress address)
        => address.AddressFamily == AddressFamily.InterNetworkV6 ? RecordType.Aaaa : RecordType.A;

    /// <summary>Data of a record of type NSEC, in the form that Multicast DNS allows (RFC 6762 section 6.1).</summary>
    private static byte[] TypesOf(DnsName name, params ReadOnlySpan<RecordType> types)
    {
        byte[] bits = new byte[((int)types[^1] / 8) + 1];
        foreach (RecordType type in types)
        {
            bits[(int)type / 8] |= (byte)(0x80 >> ((int)type % 8));
        }

        return [.. name.Wire, 0, (byte)bits.Length, .. bits];
    }
}
