using System.Net;
using System.Net.Sockets;
using Mandos.Host.Listening;

namespace Mandos.Host.Tests.Listening;

public sealed class SocketPeerConnectionTests
{
    private const int PieceLength = 4096;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_DataOnItsWay_IsDroppedAndThePeerSeesAnError(bool reset)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (Socket server, Socket client) = await ConnectAsync(cancellationToken);
        using Socket peer = client;
        int closed = 0;
        var connection = new SocketPeerConnection(server, () => closed++);
        int written = await FillAsync(connection.Stream, cancellationToken);

        if (reset)
        {
            connection.Reset();
            connection.Reset();
        }

        connection.Dispose();
        connection.Dispose();

        Assert.Equal(1, closed);
        int read = 0;
        byte[] buffer = new byte[65536];
        if (reset)
        {
            SocketException error = await Assert.ThrowsAsync<SocketException>(ReadAllAsync);
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
            Assert.True(read < written);
        }
        else
        {
            await ReadAllAsync();
            Assert.InRange(read, written, written + PieceLength);
        }

        async Task ReadAllAsync()
        {
            while (await peer.ReceiveAsync(buffer, cancellationToken) is > 0 and int count)
            {
                read += count;
            }
        }
    }

    [Fact]
    public async Task Reset_AWriteIsUnderWay_EndsIt()
    {
        (Socket server, Socket client) = await ConnectAsync(TestContext.Current.CancellationToken);
        using Socket peer = client;
        using var connection = new SocketPeerConnection(server, static () => { });

        // More than the buffers of the system take, and the peer does not read.
        Task writing = connection.Stream.WriteAsync(new byte[64 << 20], CancellationToken.None).AsTask();
        connection.Reset();

        await Assert.ThrowsAsync<IOException>(() => writing);
        await Assert.ThrowsAsync<IOException>(async () => await connection.Stream.WriteAsync(new byte[1], CancellationToken.None));
        connection.ShutdownSend();
    }

    private static async Task<(Socket Server, Socket Client)> ConnectAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        return (await listener.AcceptAsync(cancellationToken), client);
    }

    /// <summary>Writes until the peer, which does not read, takes no more.</summary>
    private static async Task<int> FillAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] piece = new byte[PieceLength];
        int written = 0;
        while (true)
        {
            ValueTask write = stream.WriteAsync(piece, CancellationToken.None);
            if (!write.IsCompleted)
            {
                await Task.WhenAny(write.AsTask(), Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken));
                return written;
            }

            written += piece.Length;
        }
    }
}
