using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Mandos.Engine.Protocol;
using Mandos.Host.Listening;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Listening;

public sealed class ListenSocketTests
{
    [Fact]
    public void Open_SeveralAddressesWithoutPort_HaveOnePort()
    {
        var options = new ListenOptions { Addresses = ["::1", "::ffff:127.0.0.1"] };

        using var sockets = new Sockets(ListenSocket.Open(options, NullLogger.Instance));

        Assert.Equal([IPAddress.IPv6Loopback, IPAddress.Parse("::ffff:127.0.0.1")], sockets.EndPoints.Select(e => e.Address));
        Assert.NotEqual(0, sockets.EndPoints[0].Port);
        Assert.Equal(sockets.EndPoints[0].Port, sockets.EndPoints[1].Port);
    }

    [Fact]
    public void Open_OneOfSeveralInUse_NamesIt()
    {
        using var first = new Sockets(ListenSocket.Open(
            new ListenOptions { Addresses = ["127.0.0.1"], UseIPv6 = false }, NullLogger.Instance));
        var port = first.EndPoints[0].Port;
        var options = new ListenOptions { Addresses = ["127.0.0.2", "127.0.0.1"], Port = port, UseIPv6 = false };

        var exception = Assert.Throws<ListenException>(() => ListenSocket.Open(options, NullLogger.Instance));

        Assert.StartsWith($"cannot listen on 127.0.0.1:{port}: the port is in use", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_WhileConnectionsAreAccepted_IsTrue()
    {
        using var sockets = OpenOne();
        using var places = new SemaphoreSlim(1);
        var listener = new Listener(sockets.All[0], peer => peer.Dispose(), places, new FakeTimeProvider(), NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = listener.RunAsync(stop.Token);
        for (var i = 0; i < 3; i++)
        {
            using var peer = new TcpClient();
            await peer.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
            // The server's end is closed once it was accepted.
            Assert.Equal(0, await peer.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));

            Assert.True(listener.Probe());
        }

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Probe_WhileConnectionWaitsInVain_IsFalseTheSecondTime()
    {
        using var sockets = OpenOne();
        using var places = new SemaphoreSlim(1);
        var listener = new Listener(sockets.All[0], peer => peer.Dispose(), places, new FakeTimeProvider(), NullLogger.Instance);
        Assert.True(listener.Probe());
        Assert.True(listener.Probe());

        using var peer = new TcpClient();
        await peer.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);

        Assert.True(listener.Probe());
        Assert.False(listener.Probe());
    }

    [Fact]
    public async Task RunAsync_AllPlacesTaken_AcceptsOnlyWhenOneIsClosed()
    {
        using var sockets = OpenOne();
        using var places = new SemaphoreSlim(2);
        var accepted = Channel.CreateUnbounded<IPeerConnection>();
        var listener = new Listener(
            sockets.All[0], peer => accepted.Writer.TryWrite(peer), places, new FakeTimeProvider(), NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = listener.RunAsync(stop.Token);
        var peers = new TcpClient[3];
        for (var i = 0; i < peers.Length; i++)
        {
            peers[i] = new TcpClient();
            await peers[i].ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
        }

        var first = await accepted.Reader.ReadAsync(TestContext.Current.CancellationToken);
        var second = await accepted.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(listener.Probe());
        Assert.False(accepted.Reader.TryRead(out _));
        first.Dispose();
        first.Dispose();

        var third = await accepted.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, places.CurrentCount);
        second.Dispose();
        third.Dispose();
        await stop.CancelAsync();
        await running;
        foreach (var peer in peers)
        {
            peer.Dispose();
        }
    }

    private static Sockets OpenOne() => new(ListenSocket.Open(
        new ListenOptions { Addresses = ["127.0.0.1"], UseIPv6 = false }, NullLogger.Instance));

    private sealed class Sockets(IReadOnlyList<ListenPlace> places) : IDisposable
    {
        public IReadOnlyList<Socket> All { get; } = [.. places.Select(place => place.Socket!)];

        public IReadOnlyList<IPEndPoint> EndPoints { get; } = [.. places.Select(place => place.EndPoint)];

        public void Dispose()
        {
            foreach (var place in places)
            {
                place.Dispose();
            }
        }
    }
}
