using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mandos.TestKit.Control;

/// <summary>A connection to the control socket: one JSON object a line in both directions.</summary>
internal sealed class TestControlConnection : IDisposable
{
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private TestControlConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _reader = new StreamReader(_stream, Encoding.UTF8);
    }

    /// <summary>Connects as soon as the server listens.</summary>
    public static async Task<TestControlConnection> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new(socket);
            }
            catch (SocketException) when (!cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                await Task.Delay(_pollInterval, TimeProvider.System, cancellationToken);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>Sends a command and reads its answer.</summary>
    /// <exception cref="TestControlException">The server refused it.</exception>
    public async Task<JsonElement> SendAsync(JsonObject command, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(command.ToJsonString() + "\n"), cancellationToken);
        var answer = await ReadAsync(cancellationToken) ?? throw new IOException("the server closed the control connection");
        return answer.TryGetProperty("error", out var error)
            ? throw new TestControlException(error.GetString()!, answer.GetProperty("exception").GetString()!)
            : answer;
    }

    /// <summary>Reads the next line; null at the end.</summary>
    public async Task<JsonElement?> ReadAsync(CancellationToken cancellationToken)
        => await _reader.ReadLineAsync(cancellationToken) is { } line ? JsonElement.Parse(line) : null;

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
        _socket.Dispose();
    }
}
