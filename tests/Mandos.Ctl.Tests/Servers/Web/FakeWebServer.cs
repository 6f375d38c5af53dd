using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Mandos.Ctl.Servers.Web;
using Mandos.TestKit;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>Has a socket, and answers requests as a test wants, also as no HTTP server would.</summary>
internal sealed class FakeWebServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentBag<Socket> _connections = [];
    private readonly Func<FakeRequest, NetworkStream, Task> _answer;
    private readonly Task _serving;
    private int _count;

    /// <param name="answer">Writes the answer to a request.</param>
    public FakeWebServer(Func<FakeRequest, NetworkStream, Task> answer)
    {
        _answer = answer;
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _serving = ServeAsync();
    }

    /// <param name="answer">The body of the answer to a request, with status 200.</param>
    public FakeWebServer(Func<FakeRequest, string> answer)
        : this((request, stream) => WriteAsync(stream, answer(request)))
    {
    }

    public string Path => _directory.PathOf("web.sock");

    /// <summary>How many connections it has taken.</summary>
    public int Connections => _count;

    public ConcurrentQueue<FakeRequest> Requests { get; } = [];

    public Task<SocketConnection> ConnectAsync(TimeProvider? time = null)
        => SocketConnection.ConnectAsync(Path, null, TestContext.Current.CancellationToken, time);

    /// <summary>Writes an answer.</summary>
    public static async Task WriteAsync(NetworkStream stream, string body, int status = 200)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n"));
        await stream.WriteAsync(bytes);
    }

    /// <summary>Begins an answer that lasts until the connection is closed.</summary>
    public static async Task BeginAsync(NetworkStream stream, string body)
        => await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}"));

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        foreach (Socket connection in _connections)
        {
            connection.Dispose();
        }

        await _serving;
        _directory.Dispose();
        _ending.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket connection = await _listener.AcceptAsync(_ending.Token);
                _connections.Add(connection);
                Interlocked.Increment(ref _count);
                connections.Add(ServeAsync(connection));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            while (await ReadAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                await _answer(request, stream);
                if (request.IsLast)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the other side, or the test, has ended
        }
    }

    private async Task<FakeRequest?> ReadAsync(NetworkStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            if (await stream.ReadAsync(one, _ending.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
        string length = lines.FirstOrDefault(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) ?? ":0";
        byte[] body = new byte[int.Parse(length.Split(':')[1], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _ending.Token);
        return new FakeRequest(lines[0].Replace(" HTTP/1.1", "", StringComparison.Ordinal), body, lines, _ending.Token);
    }
}
