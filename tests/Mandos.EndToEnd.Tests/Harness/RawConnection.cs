using System.Net;
using System.Net.Sockets;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A connection to the server on which a test may send anything.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client;

    private RawConnection(TcpClient client) => (_client, Stream) = (client, client.GetStream());

    public NetworkStream Stream { get; }

    /// <summary>How the server's log names it.</summary>
    public EndPoint Name => _client.Client.LocalEndPoint!;

    public static async Task<RawConnection> OpenAsync(TestServer server)
    {
        var client = new TcpClient(server.EndPoint.AddressFamily);
        await client.ConnectAsync(server.EndPoint, TestContext.Current.CancellationToken);
        return new(client);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> data) => Stream.WriteAsync(data, TestContext.Current.CancellationToken);

    /// <summary>Waits until the server closes the connection.</summary>
    /// <returns>What it sent before.</returns>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var received = new MemoryStream();
        using var limit = new CancellationTokenSource(Patience.Limit, TimeProvider.System);
        try
        {
            await Stream.CopyToAsync(received, limit.Token);
        }
        catch (IOException)
        {
            // Reset, because the server had not read all.
        }

        return received.ToArray();
    }

    public void Dispose() => _client.Dispose();
}
