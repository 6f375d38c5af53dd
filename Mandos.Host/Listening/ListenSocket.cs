using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>Makes the listening socket.</summary>
internal static partial class ListenSocket
{
    /// <summary>A whole building may boot at once after a power cut; a short backlog would reset most of it.</summary>
    private const int Backlog = 4096;

    // socket(7)
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;
    private const int SoBindToDevice = 25;

    /// <summary>How often another port is tried when the one that the kernel chose is taken on another address.</summary>
    private const int PortTries = 20;

    /// <summary>Opens, binds and listens.</summary>
    /// <param name="options">Where.</param>
    /// <param name="logger">Is told what goes wrong without being fatal.</param>
    /// <returns>At least one socket. Nothing that is started later inherits it.</returns>
    /// <exception cref="ListenException">It cannot be done.</exception>
    public static IReadOnlyList<Socket> Open(ListenOptions options, ILogger logger)
    {
        if (options.Sockets.Count > 0)
        {
            return [.. options.Sockets.Select(Adopt)];
        }

        for (int tries = 1; ; tries++)
        {
            List<Socket> sockets = [];
            try
            {
                int port = options.Port ?? 0;
                foreach (IPEndPoint endPoint in EndPoints(options))
                {
                    endPoint.Port = port;
                    sockets.Add(Create(endPoint, options, logger));
                    port = ((IPEndPoint)sockets[0].LocalEndPoint!).Port;
                }

                return sockets;
            }
            catch (ListenException) when (sockets.Count > 0 && options.Port is null or 0 && tries < PortTries)
            {
                sockets.ForEach(socket => socket.Dispose());
            }
        }
    }

    private static Socket Create(IPEndPoint endPoint, ListenOptions options, ILogger logger)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (options.UseIPv6)
            {
                socket.DualMode = true;
            }

            if (endPoint.Port != 0)
            {
                // Not SocketOptionName.ReuseAddress, which on Linux also lets a second server take the same port.
                socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1));
            }

            if (options.Interface is { } name)
            {
                BindToInterface(socket, name, logger);
            }

            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new ListenException($"cannot listen on {Show(endPoint)}: {Explain(e)}");
        }
    }

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

    private static IEnumerable<IPEndPoint> EndPoints(ListenOptions options)
        => options.Addresses.Count == 0
            ? [new IPEndPoint(options.UseIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0)]
            : options.Addresses.Select(address => new IPEndPoint(Resolve(address, options), 0));

    private static IPAddress Resolve(string text, ListenOptions options)
    {
        int percent = text.IndexOf('%', StringComparison.Ordinal);
        IPAddress address = IPAddress.Parse(percent < 0 ? text : text[..percent]);
        if (address.IsIPv6LinkLocal)
        {
            string? zone = percent < 0 ? options.Interface : text[(percent + 1)..];
            address = new IPAddress(address.GetAddressBytes(), FindZone(zone)
                ?? throw new ListenException($"cannot listen on {text}: a link-local address needs the interface it belongs to: "
                    + $"name an existing one with --interface, or write {address}%INTERFACE"));
        }

        return address;
    }

    private static uint? FindZone(string? zone)
        => zone is null ? null
        : uint.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
        : Native.GetInterfaceIndex(zone) is not 0 and var index ? index
        : null;

    private static void BindToInterface(Socket socket, string name, ILogger logger)
    {
        try
        {
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.UTF8.GetBytes(name + '\0'));
        }
        catch (SocketException e)
        {
            LogNotBoundToInterface(logger, name, e.Message);
        }
    }

    private static string Show(IPEndPoint endPoint)
        => endPoint.Port == 0 ? $"{endPoint.Address}, any port" : endPoint.ToString();

    private static string Explain(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use by another program; stop that or choose another port",
        SocketError.AccessDenied => "not permitted; ports below 1024 need root",
        SocketError.AddressNotAvailable => "this machine does not have that address",
        SocketError.AddressFamilyNotSupported => "IPv6 is not available here; use --no-ipv6",
        _ => e.Message,
    };

    [LoggerMessage(3000, LogLevel.Error, "Cannot bind to interface {Name}: {Reason}; listening on all interfaces instead")]
    private static partial void LogNotBoundToInterface(ILogger logger, string name, string reason);
}
