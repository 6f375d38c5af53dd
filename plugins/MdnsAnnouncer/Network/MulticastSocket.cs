using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;

namespace Mandos.MdnsAnnouncer.Network;

/// <summary>
/// The group of Multicast DNS on one interface, in one family. The socket is bound to the group, so it takes no message to this machine alone from another
/// responder that has the port too.
/// </summary>
internal sealed class MulticastSocket : ILink, IDisposable
{
    // Of Linux: .NET has no names for some of them, and refuses others for IPv6.
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int ReusePort = 15;
    private const int InternetLevel = 0;
    private const int TimeToLive = 2;
    private const int MulticastInterface = 32;
    private const int MulticastTimeToLive = 33;
    private const int MulticastLoop = 34;
    private const int MulticastAll = 49;
    private const int Internet6Level = 41;
    private const int UnicastHops6 = 16;
    private const int MulticastInterface6 = 17;
    private const int MulticastHops6 = 18;
    private const int MulticastLoop6 = 19;
    private const int MulticastAll6 = 29;

    /// <summary>On the link, and on no other (RFC 6762 section 11).</summary>
    private const int Hops = 255;

    /// <summary>In bytes: what comes while nobody reads is lost beyond that.</summary>
    private const int ReceiveBuffer = 1 << 17;

    /// <summary>The most messages that are read in <see cref="_turn"/>, which is far more than any network needs; a flood is left to the kernel, which drops it.</summary>
    private const int MessagesInATurn = 50;

    private static readonly TimeSpan _turn = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly IPEndPoint _group;

    private MulticastSocket(Socket socket, IPEndPoint group) => (_socket, _group) = (socket, group);

    /// <summary>Joins the group.</summary>
    /// <param name="index">The number of the interface.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="SocketException">The kernel refuses, or the interface is gone.</exception>
    public static MulticastSocket Open(int index, AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            Set(SocketLevel, ReuseAddress, 1);
            Set(SocketLevel, ReusePort, 1);
            socket.ReceiveBufferSize = ReceiveBuffer;
            IPAddress group;
            if (family == AddressFamily.InterNetworkV6)
            {
                group = IPAddress.Parse($"ff02::fb%{index}");
                socket.DualMode = false;
                Set(Internet6Level, MulticastInterface6, index);
                Set(Internet6Level, MulticastHops6, Hops);
                Set(Internet6Level, UnicastHops6, Hops);
                Set(Internet6Level, MulticastLoop6, 1);
                Set(Internet6Level, MulticastAll6, 0);
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(group, index));
            }
            else
            {
                group = IPAddress.Parse("224.0.0.251");
                socket.SetRawSocketOption(InternetLevel, MulticastInterface, RequestOf(index));
                Set(InternetLevel, MulticastTimeToLive, Hops);
                Set(InternetLevel, TimeToLive, Hops);
                Set(InternetLevel, MulticastLoop, 1);
                Set(InternetLevel, MulticastAll, 0); // only of this interface, though other sockets join the group elsewhere
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group, index));
            }

            var place = new IPEndPoint(group, MulticastDns.Port);
            socket.Bind(place);
            socket.Blocking = false;
            return new MulticastSocket(socket, place);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        void Set(int level, int option, int value) => socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
    }

    /// <summary>Reads until the socket is disposed, or fails.</summary>
    /// <param name="take">Gets each message and where it comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="SocketException">The interface is gone.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public async Task ReadAsync(Action<ReadOnlyMemory<byte>, IPEndPoint> take, TimeProvider timeProvider)
    {
        byte[] buffer = new byte[DnsMessage.MaxLength];
        var source = new SocketAddress(_socket.AddressFamily);
        long turn = timeProvider.GetTimestamp();
        int taken = 0;
        while (true)
        {
            int length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, source).ConfigureAwait(false);
            take(buffer.AsMemory(0, length), (IPEndPoint)_group.Create(source));
            TimeSpan used = timeProvider.GetElapsedTime(turn);
            if (used >= _turn)
            {
                (turn, taken) = (timeProvider.GetTimestamp(), 0);
            }
            else if (++taken >= MessagesInATurn)
            {
                await Task.Delay(_turn - used, timeProvider, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public bool Multicast(ReadOnlySpan<byte> message) => TrySend(message, _group);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> message, IPEndPoint to) => TrySend(message, to);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private bool TrySend(ReadOnlySpan<byte> message, IPEndPoint to)
    {
        try
        {
            _socket.SendTo(message, SocketFlags.None, to);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // the interface is down or gone, or there is no room
        }
    }

    /// <summary>An ip_mreqn that names an interface (ip(7)).</summary>
    private static byte[] RequestOf(int index)
    {
        byte[] request = new byte[12];
        MemoryMarshal.Write(request.AsSpan(8), index);
        return request;
    }
}
