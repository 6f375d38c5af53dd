using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;

namespace Samples.Tests.TcpPortChecker;

/// <summary>A port on the loopback address; it refuses connections once it is disposed.</summary>
internal sealed class Listener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];
    private readonly IPEndPoint _endPoint;

    /// <summary>Opens it.</summary>
    /// <param name="full">Whether it takes no more connections, so that peers wait.</param>
    public Listener(bool full = false)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _endPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _socket.Listen(full ? 0 : 100);
        for (bool waits = false; full && !waits;)
        {
            var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _waiting.Add(peer);
            waits = !IsAccepted(peer);
        }
    }

    /// <summary>A client that has this port, with further options.</summary>
    public ClientSnapshot AsClient(params (string Name, string Value)[] options)
    {
        Dictionary<string, string> all = options.ToDictionary(option => option.Name, option => option.Value);
        all["tcp_port"] = _endPoint.Port.ToString(CultureInfo.InvariantCulture);
        return SampleClients.Snapshot(0) with { Settings = SampleClients.Settings(0) with { Options = all } };
    }

    public void Dispose()
    {
        _socket.Dispose();
        _waiting.ForEach(peer => peer.Dispose());
    }

    // The kernel takes some connections, on loopback at once, and then leaves further ones without an answer.
    private bool IsAccepted(Socket peer)
    {
        try
        {
            peer.Connect(_endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            return peer.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite);
        }

        return true;
    }
}
