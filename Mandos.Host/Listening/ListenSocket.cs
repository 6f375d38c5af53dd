using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>Makes the listening sockets.</summary>
internal static class ListenSocket
{
    /// <summary>A whole building may boot at once after a power cut; a short backlog would reset most of it.</summary>
    private const int Backlog = 4096;

    // socket(7)
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int SoBindToDevice = 25;

    /// <summary>How often another port is tried when the one that the kernel chose is taken on another address.</summary>
    private const int PortTries = 20;

    /// <summary>Opens, binds and listens; where an interface is not there, as much of it as can be.</summary>
    /// <param name="options">Where.</param>
    /// <param name="logger">Is told what goes wrong without being fatal.</param>
    /// <returns>At least one place. Nothing that is started later inherits its socket.</returns>
    /// <exception cref="ListenException">It cannot be done.</exception>
    public static IReadOnlyList<ListenPlace> Open(ListenOptions options, ILogger logger)
    {
        if (options.Sockets.Count > 0)
        {
            return [.. options.Sockets.Select(fd => new ListenPlace(Adopt(fd), logger))];
        }

        for (int tries = 1; ; tries++)
        {
            List<ListenPlace> places = [];
            try
            {
                int port = options.Port ?? 0;
                foreach (string address in options.Addresses.DefaultIfEmpty(options.UseIPv6 ? "::" : "0.0.0.0"))
                {
                    places.Add(ListenPlace.Open(address, port, options, logger));
                    port = places[0].EndPoint.Port;
                }

                return places;
            }
            catch (ListenException) when (options.Port is null or 0 && tries < PortTries)
            {
                bool isFirst = places.Count == 0;
                places.ForEach(place => place.Dispose());
                if (isFirst)
                {
                    throw;
                }
            }
            catch (ListenException)
            {
                places.ForEach(place => place.Dispose());
                throw;
            }
        }
    }

    /// <summary>Makes a socket and binds it.</summary>
    /// <param name="endPoint">To what; with port 0 the kernel chooses one.</param>
    /// <param name="useIPv6">Whether it serves IPv6 too.</param>
    /// <param name="device">The only interface by which connections may come; null for all.</param>
    /// <param name="canWait">Whether another socket may be bound there too, until one listens.</param>
    /// <exception cref="SocketException">It cannot be done.</exception>
    /// <exception cref="ListenException">The interface is not there, or not to be had.</exception>
    public static Socket Bind(IPEndPoint endPoint, bool useIPv6, string? device = null, bool canWait = false)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (useIPv6)
            {
                socket.DualMode = true;
            }

            if (endPoint.Port != 0)
            {
                ReuseAddress(socket);
            }

            if (device is not null)
            {
                BindToDevice(socket, device);
            }

            socket.Bind(endPoint);
            if (canWait)
            {
                ReuseAddress(socket);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">It cannot be done.</exception>
    public static void Listen(Socket socket) => socket.Listen(Backlog);

    /// <summary>Has a socket get connections by one interface only. It must not be bound to another one yet (see socket(7)).</summary>
    /// <exception cref="ListenException">There is none of that name, or it is not permitted, or not supported.</exception>
    public static void BindToDevice(Socket socket, string device)
    {
        try
        {
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.UTF8.GetBytes(device + '\0'));
        }
        catch (SocketException e)
        {
            throw new ListenException($"the kernel does not bind to it: {e.Message}; "
                + "give the server CAP_NET_RAW, or name an address of the interface instead");
        }
    }

    /// <summary>What an error means to people.</summary>
    public static string Explain(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use by another program; stop that or choose another port",
        SocketError.AccessDenied => "not permitted; ports below 1024 need root",
        SocketError.AddressNotAvailable => "this machine does not have that address",
        SocketError.AddressFamilyNotSupported => "IPv6 is not available here; use --no-ipv6",
        _ => e.Message,
    };

    // Not SocketOptionName.ReuseAddress, which on Linux also lets a second server take the same port.
    private static void ReuseAddress(Socket socket) => socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1));

    private static Socket Adopt(int fd)
    {
        // 0 to 2 would be taken for standard input, output and error by every child.
        int own = fd <= 2 ? Native.DuplicateAboveStandard(fd) : fd;
        if (own < 0 || Native.SetCloseOnExec(own) < 0)
        {
            throw new ListenException(
                $"cannot use socket {fd}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}; "
                + "it must be the number of an open descriptor");
        }

        Socket? socket = null;
        try
        {
            socket = new Socket(new SafeSocketHandle(own, ownsHandle: true));
            if (socket.SocketType != SocketType.Stream || socket.LocalEndPoint is not IPEndPoint)
            {
                throw new ListenException($"cannot use socket {fd}: it must be a bound TCP socket");
            }

            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new ListenException($"cannot use socket {fd}: {e.Message}; it must be a bound TCP socket");
        }
    }
}
