using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Protocol;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>
/// One address and port to listen on. Where that belongs to an interface, it follows the interface: the kernel binds a socket to an
/// interface's number, so the socket is deaf for ever once the interface is deleted, even if one of its name is made again.
/// </summary>
/// <remarks>While the interface is not there, a socket that is bound, but does not listen, keeps the port: it gets nobody.</remarks>
internal sealed partial class ListenPlace : IDisposable
{
    private readonly IPAddress _address;
    private readonly ILogger _logger;
    private readonly bool _useIPv6;

    /// <summary>The interface to listen on alone; null for any.</summary>
    private readonly string? _device;

    /// <summary>The interface that a link-local address belongs to; null for another kind of address.</summary>
    private readonly string? _zone;

    private Socket? _socket;
    private bool _isListening;
    private Listener? _listener;

    /// <summary>What the place belongs to, as the socket is bound.</summary>
    private Links _links;

    /// <summary>Why it does not listen, as it was logged.</summary>
    private string? _trouble;

    /// <summary>A place with a socket that was made elsewhere.</summary>
    /// <param name="socket">The socket, which listens.</param>
    /// <param name="logger">The log.</param>
    public ListenPlace(Socket socket, ILogger logger)
    {
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        (_socket, _isListening, _address, _logger) = (socket, true, EndPoint.Address, logger);
    }

    private ListenPlace(IPAddress address, string? zone, int port, ListenOptions options, ILogger logger)
    {
        (_address, _zone, _logger) = (address, zone, logger);
        (_device, _useIPv6) = (options.Interface, options.UseIPv6);
        EndPoint = new IPEndPoint(address, port);
    }

    /// <summary>Where it listens, or will.</summary>
    public IPEndPoint EndPoint { get; private set; }

    /// <summary>Whether it listens now.</summary>
    public bool IsListening => Volatile.Read(ref _isListening);

    /// <summary>The socket; null if there is none for now.</summary>
    internal Socket? Socket => _socket;

    /// <summary>Whether it belongs to an interface.</summary>
    public bool IsFollowing => _device is not null || _zone is not null;

    private bool IsAny => _address.Equals(IPAddress.IPv6Any) || _address.Equals(IPAddress.Any);

    /// <summary>Opens a place.</summary>
    /// <param name="address">The address, perhaps with <c>%zone</c>.</param>
    /// <param name="port">The port; 0 has the kernel choose one.</param>
    /// <param name="options">What else there is to know.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="ListenException">It cannot be done, and waiting would not help.</exception>
    public static ListenPlace Open(string address, int port, ListenOptions options, ILogger logger)
    {
        int percent = address.IndexOf('%', StringComparison.Ordinal);
        IPAddress plain = IPAddress.Parse(percent < 0 ? address : address[..percent]);
        string? zone = !plain.IsIPv6LinkLocal ? null
            : percent >= 0 ? address[(percent + 1)..]
            : options.Interface ?? throw new ListenException(
                $"cannot listen on {address}: a link-local address needs the interface it belongs to: "
                + $"name it with --interface, or write {plain}%INTERFACE");
        var place = new ListenPlace(plain, zone, port, options, logger);
        try
        {
            place.Open();
            return place;
        }
        catch (SocketException e)
        {
            place.Dispose();
            throw new ListenException($"cannot listen on {Show(place.EndPoint)}: {ListenSocket.Explain(e)}");
        }
    }

    /// <summary>Accepts connections until cancelled, whenever it can listen.</summary>
    /// <param name="serve">Takes each connection.</param>
    /// <param name="room">How many more connections may be open at once.</param>
    /// <param name="links">Tells when to look again.</param>
    /// <param name="changed">Is told when it begins or ends to listen.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SocketException">The socket is of no use any more.</exception>
    public async Task RunAsync(
        Action<IPeerConnection> serve, SemaphoreSlim room, LinkWatcher links, Action changed, TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Task change = links.Next;
            if (IsListening || TryReopen())
            {
                var listener = new Listener(_socket!, serve, room, timeProvider, _logger);
                Volatile.Write(ref _listener, listener);
                changed();
                await AcceptAsync(listener, links, cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _listener, null);
                if (!IsFollowing)
                {
                    return;
                }
            }
            else
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (IsListening && FindLinks() != _links && !cancellationToken.IsCancellationRequested)
            {
                LogGone(Interface, EndPoint.Port);
                Close();
                changed();
            }
        }
    }

    /// <summary>Whether it accepts what there is to accept. To be asked now and then, by one thread at a time.</summary>
    public bool Probe()
    {
        try
        {
            return Volatile.Read(ref _listener)?.Probe() != false;
        }
        catch (ObjectDisposedException)
        {
            return true; // the interface is gone just now
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private string Interface => _zone ?? _device!;

    private async Task AcceptAsync(Listener listener, LinkWatcher links, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task accepting = listener.RunAsync(gone.Token);
        Task change = links.Next;
        while (IsFollowing && !cancellationToken.IsCancellationRequested && FindLinks() == _links)
        {
            await Task.WhenAny(accepting, change).ConfigureAwait(false);
            if (accepting.IsCompleted)
            {
                break;
            }

            change = links.Next;
        }

        if (IsFollowing)
        {
            await gone.CancelAsync().ConfigureAwait(false);
        }

        await accepting.ConfigureAwait(false);
    }

    /// <summary>Opens the socket at the start. Without its interface, or its link-local address, it is to wait.</summary>
    /// <exception cref="SocketException">It cannot be done.</exception>
    private void Open()
    {
        try
        {
            if (TryListen())
            {
                return;
            }
        }
        catch (ListenException)
        {
            // The interface is not available. That is logged once the server runs.
        }

        try
        {
            Reserve();
        }
        catch (SocketException) when (EndPoint.Port != 0)
        {
            // Another program may have the port on another interface.
        }
    }

    /// <summary>Begins to listen if it can now, and logs why if not, unless that is as before.</summary>
    private bool TryReopen()
    {
        string? trouble = null;
        try
        {
            if (TryListen())
            {
                _trouble = null;
                return true;
            }

            trouble = FindLinks().Are(_device, _zone)
                ? $"interface {Interface} does not have the address {_address}"
                : $"there is no interface {Interface}";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied && EndPoint.Port < 1024)
        {
            trouble = "ports below 1024 need root, whose rights the server has given up; restart it, or have systemd open the port";
        }
        catch (SocketException e)
        {
            trouble = ListenSocket.Explain(e);
        }
        catch (ListenException e)
        {
            trouble = e.Message;
        }

        if (trouble != _trouble)
        {
            _trouble = trouble;
            LogNotListening(Show(EndPoint), Interface, trouble);
        }

        return false;
    }

    /// <summary>Begins to listen.</summary>
    /// <returns>False if its interface, or its link-local address, is not there.</returns>
    /// <exception cref="SocketException">It cannot be done for another reason.</exception>
    private bool TryListen()
    {
        Links links = FindLinks();
        if (!links.Are(_device, _zone))
        {
            return false;
        }

        Socket? socket = null;
        try
        {
            if (_socket is not null && IsAny)
            {
                (socket, _socket) = (_socket, null);
                ListenSocket.BindToDevice(socket, _device!);
            }
            else
            {
                socket = ListenSocket.Bind(new IPEndPoint(Address(links), EndPoint.Port), _useIPv6, _device);
            }

            ListenSocket.Listen(socket);
        }
        catch (Exception e) when (e is SocketException or ListenException)
        {
            socket?.Dispose();
            // An address may come a little after its interface: the kernel makes sure first that nobody else has it. Or it has gone just now.
            bool isToWait = IsFollowing && e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable };
            if (isToWait || FindLinks() != links)
            {
                return false;
            }

            throw;
        }

        _socket?.Dispose();
        (_socket, _links) = (socket, links);
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        Volatile.Write(ref _isListening, true);
        return true;
    }

    /// <summary>Keeps the port while it cannot listen.</summary>
    /// <exception cref="SocketException">Another program has it, or it is below 1024.</exception>
    private void Reserve()
    {
        IPAddress any = _address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        _socket = ListenSocket.Bind(new IPEndPoint(any, EndPoint.Port), _useIPv6, canWait: true);
        EndPoint = new IPEndPoint(_address, ((IPEndPoint)_socket.LocalEndPoint!).Port);
    }

    private void Close()
    {
        Volatile.Write(ref _isListening, false);
        _socket!.Dispose();
        _socket = null;
        try
        {
            Reserve();
        }
        catch (SocketException)
        {
            // It is bound when the interface is back, or the log tells then why not.
        }
    }

    private IPAddress Address(Links links) => _zone is null ? _address : new IPAddress(_address.GetAddressBytes(), links.Zone);

    private Links FindLinks() => new(
        _device is null ? 0 : Native.GetInterfaceIndex(_device),
        _zone is null ? 0
        : uint.TryParse(_zone, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number
        : Native.GetInterfaceIndex(_zone));

    private static string Show(IPEndPoint endPoint)
        => endPoint.Port == 0 ? $"{endPoint.Address}, any port" : endPoint.ToString();

    /// <summary>The numbers of the interfaces that a place belongs to; 0 for one that is not there.</summary>
    private readonly record struct Links(uint Device, uint Zone)
    {
        public bool Are(string? device, string? zone) => (device is null || Device != 0) && (zone is null || Zone != 0);
    }
}
