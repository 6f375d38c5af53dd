using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;

namespace My.Checker_1;

/// <summary>A server on the loopback address that answers everybody alike.</summary>
internal sealed class LoopbackServer : IDisposable
{
    public const string Success = "HTTP/1.1 204 No Content\r\n\r\n";
    /// <summary>It ends the connection without an answer.</summary>
    public const string Hangup = "";
    /// <summary>It never answers.</summary>
    public const string? Silence = null;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;

    /// <summary>Starts it.</summary>
    /// <param name="answer">What it sends, whatever the request is.</param>
    public LoopbackServer(string? answer)
    {
        _listener.Start();
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        if (answer is not null)
        {
            _ = AnswerAsync(Encoding.ASCII.GetBytes(answer));
        }
    }

    /// <summary>A client with this server.</summary>
    /// <param name="options">Further options of its section.</param>
    public ClientSnapshot AsClient(params (string Name, string Value)[] options)
    {
        Dictionary<string, string> all = options.ToDictionary(option => option.Name, option => option.Value);
        all["my_checker_1_port"] = _port.ToString(CultureInfo.InvariantCulture);
        return SampleClients.Snapshot(0) with { Settings = SampleClients.Settings(0) with { Options = all } };
    }

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync(byte[] answer)
    {
        try
        {
            while (true)
            {
                using Socket peer = await _listener.AcceptSocketAsync();
                await peer.ReceiveAsync(new byte[4096]);
                await peer.SendAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was disposed, or the checker has gone.
        }
    }
}
