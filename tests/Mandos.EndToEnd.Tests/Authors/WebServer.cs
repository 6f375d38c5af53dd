using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>A client's web server, on the loopback address.</summary>
internal sealed class WebServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public WebServer()
    {
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>From then on, connections are refused.</summary>
    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync()
    {
        while (true)
        {
            try
            {
                using Socket peer = await _listener.AcceptSocketAsync();
                await peer.ReceiveAsync(new byte[4096]);
                await peer.SendAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
            {
                // That one has gone.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
