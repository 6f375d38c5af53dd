using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Mandos.MdnsAnnouncer.Network;

/// <summary>Asks the kernel which interfaces there are, and hears when that changes (rtnetlink(7)).</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private const uint LinkAndAddressGroups = 0x1 | 0x10 | 0x100;
    private const int HeaderLength = 16;
    private const int BodyLength = 16;
    private const int AddressBodyLength = 8;

    private const ushort NewLink = 16;
    private const ushort GetLink = 18;
    private const ushort NewAddress = 20;
    private const ushort GetAddress = 22;
    private const ushort ErrorMessage = 2;
    private const ushort DoneMessage = 3;
    private const ushort Request = 0x1;
    private const ushort Dump = 0x300;
    private const ushort DumpInterrupted = 0x10;
    private const ushort AttributeType = 0x3FFF;

    private const ushort LinkName = 3;
    private const ushort AddressOfPeer = 1;
    private const ushort AddressLocal = 2;
    private const ushort AddressFlags = 8;

    private const uint Up = 0x1;
    private const uint Loopback = 0x8;
    private const uint PointToPoint = 0x10;
    private const uint Running = 0x40;
    private const uint Multicast = 0x1000;

    // Not to be used (yet): tentative, found to be a duplicate, about to go
    private const uint UnfitAddress = 0x40 | 0x08 | 0x20;

    // Of IPv6: changed every so often, so that nobody recognizes the machine. Of IPv4 the same bit says that it is not the first of its network.
    private const uint TemporaryAddress = 0x01;
    private const byte UniverseScope = 0;
    private const byte SiteScope = 200;

    private const byte FamilyInternet = 2;
    private const byte FamilyInternet6 = 10;

    private readonly Socket _changes = Open(LinkAndAddressGroups);
    private readonly byte[] _changeBuffer = new byte[8192];

    /// <summary>Waits for a change, and takes all that there are.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                // Their content does not matter: the caller looks for himself.
                await _changes.ReceiveAsync(_changeBuffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }
            while (_changes.Available > 0);
        }
        catch (SocketException)
        {
            // More messages than the kernel keeps for us: then there were changes.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changes.Dispose();

    /// <summary>Lists the interfaces that are up, connected and able to send to groups.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="only">The number of the only one that matters, whatever it is; null for all but loopback and tunnels.</param>
    /// <returns>Them with their addresses; null if they changed meanwhile.</returns>
    /// <exception cref="SocketException">The kernel does not tell.</exception>
    public static IReadOnlyList<NetworkInterfaceState>? List(AddressFamily family, int? only)
    {
        using Socket socket = Open(groups: 0);
        Dictionary<int, string> names = [];
        Dictionary<int, List<InterfaceAddress>> addresses = [];
        bool isWhole = Ask(socket, GetLink, family: 0, (type, body) => ReadLink(type, body, only, names))
            && Ask(socket, GetAddress, family == AddressFamily.InterNetworkV6 ? FamilyInternet6 : FamilyInternet,
                (type, body) => ReadAddress(type, body, family, addresses));
        return isWhole
            ? [.. names.Where(one => addresses.ContainsKey(one.Key)).Select(one => new NetworkInterfaceState(one.Key, one.Value, addresses[one.Key]))]
            : null;
    }

    private delegate void Entry(ushort type, ReadOnlySpan<byte> body);

    private static Socket Open(uint groups)
    {
        int fd = Native.OpenNetlink(groups);
        return fd >= 0
            ? new Socket(new SafeSocketHandle(fd, ownsHandle: true)) { ReceiveTimeout = 1000 }
            : throw new SocketException(Marshal.GetLastPInvokeError(), $"no netlink socket: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    private static bool Ask(Socket socket, ushort what, byte family, Entry entry)
    {
        byte[] request = new byte[HeaderLength + BodyLength];
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request.AsSpan(4), what);
        MemoryMarshal.Write(request.AsSpan(6), (ushort)(Request | Dump));
        request[HeaderLength] = family;
        socket.Send(request);
        byte[] buffer = new byte[1 << 16];
        bool isWhole = true;
        while (true)
        {
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, socket.Receive(buffer));
            while (rest.Length >= HeaderLength)
            {
                int length = MemoryMarshal.Read<int>(rest);
                ushort type = MemoryMarshal.Read<ushort>(rest[4..]);
                if (length < HeaderLength || length > rest.Length)
                {
                    return false;
                }

                isWhole &= (MemoryMarshal.Read<ushort>(rest[6..]) & DumpInterrupted) == 0;
                switch (type)
                {
                    case DoneMessage:
                        return isWhole;
                    case ErrorMessage:
                        return false;
                    default:
                        entry(type, rest[HeaderLength..length]);
                        break;
                }

                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
            }
        }
    }

    private static void ReadLink(ushort type, ReadOnlySpan<byte> body, int? only, Dictionary<int, string> names)
    {
        if (type != NewLink || body.Length < BodyLength)
        {
            return;
        }

        int index = MemoryMarshal.Read<int>(body[4..]);
        uint flags = MemoryMarshal.Read<uint>(body[8..]);
        const uint Needed = Up | Running;
        bool isFit = (flags & Needed) == Needed
            && (only is null ? (flags & (Multicast | Loopback | PointToPoint)) == Multicast : index == only);
        if (isFit)
        {
            ReadOnlySpan<byte> name = Attribute(body[BodyLength..], LinkName);
            names[index] = Encoding.UTF8.GetString(name.TrimEnd((byte)0));
        }
    }

    private static void ReadAddress(
        ushort type, ReadOnlySpan<byte> body, AddressFamily family, Dictionary<int, List<InterfaceAddress>> addresses)
    {
        if (type != NewAddress || body.Length < AddressBodyLength)
        {
            return;
        }

        ReadOnlySpan<byte> attributes = body[AddressBodyLength..];
        ReadOnlySpan<byte> moreFlags = Attribute(attributes, AddressFlags);
        uint flags = moreFlags.Length == 4 ? MemoryMarshal.Read<uint>(moreFlags) : body[2];
        ReadOnlySpan<byte> local = Attribute(attributes, AddressLocal);
        ReadOnlySpan<byte> address = local.Length > 0 ? local : Attribute(attributes, AddressOfPeer);
        bool isInternet6 = family == AddressFamily.InterNetworkV6;
        uint unfit = isInternet6 ? UnfitAddress | TemporaryAddress : UnfitAddress;
        if ((flags & unfit) != 0 || address.Length != (isInternet6 ? 16 : 4))
        {
            return;
        }

        int index = MemoryMarshal.Read<int>(body[4..]);
        if (!addresses.TryGetValue(index, out List<InterfaceAddress>? list))
        {
            addresses[index] = list = [];
        }

        list.Add(new InterfaceAddress(new IPAddress(address), body[1], IsGlobal: body[3] is UniverseScope or SiteScope));
    }

    /// <summary>The value of an attribute; empty if there is none.</summary>
    private static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> attributes, ushort wanted)
    {
        const int AttributeHeader = 4;
        while (attributes.Length >= AttributeHeader)
        {
            int length = MemoryMarshal.Read<ushort>(attributes);
            if (length < AttributeHeader || length > attributes.Length)
            {
                break;
            }

            if ((MemoryMarshal.Read<ushort>(attributes[2..]) & AttributeType) == wanted)
            {
                return attributes[AttributeHeader..length];
            }

            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return [];
    }
}
