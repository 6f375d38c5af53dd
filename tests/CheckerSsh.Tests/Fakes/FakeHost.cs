using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CheckerSsh.Tests.Fakes;

/// <summary>Listens on the loopback address and does what it is told with each connection.</summary>
internal sealed class FakeHost : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;

    /// <summary>Starts it.</summary>
    /// <param name="serve">Gets each connection; faults in it are those of a broken connection.</param>
    /// <param name="address">Where it listens; 127.0.0.1 by default.</param>
    public FakeHost(Func<NetworkStream, CancellationToken, Task> serve, IPAddress? address = null)
    {
        _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync(serve);
    }

    public static bool HasIpv6
    {
        get
        {
            try
            {
                using TcpListener listener = new(IPAddress.IPv6Loopback, 0);
                listener.Start();
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends with the first connection.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Waits until the other side has closed all connections.</summary>
    public async Task AllClosedAsync()
    {
        await Task.WhenAll(_connections).WaitAsync(TestContext.Current.CancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> serve)
    {
        while (true)
        {
            Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
            _connections.Add(ServeAsync(serve, socket));
            _connected.TrySetResult();
        }
    }

    private async Task ServeAsync(Func<NetworkStream, CancellationToken, Task> serve, Socket socket)
    {
        await using NetworkStream stream = new(socket, ownsSocket: true);
        await serve(stream, _stop.Token);
    }
}
