using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Protocol;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>Accepts connections and hands them on.</summary>
/// <param name="socket">Where it listens.</param>
/// <param name="serve">Takes each connection, and closes it in the end.</param>
/// <param name="places">
/// How many more connections may be open at once, of all listeners. One that has to close gives its place back only when its descriptor is
/// closed: else there would be more of them than the system allows when the server has much to do.
/// </param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class Listener(
    Socket socket, Action<IPeerConnection> serve, SemaphoreSlim places, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>How long to wait before trying again when the kernel gives no connection, for example because there is no free descriptor.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long it says nothing more of that.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(30);

    /// <summary>How long a new connection may wait for another one to be closed; then it is turned away, to ask another server.</summary>
    private static readonly TimeSpan _placePatience = TimeSpan.FromSeconds(5);

    // tcp(7): tcp_info begins with the state
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;

    private readonly ILogger _logger = logger;
    private long? _saidAt;

    /// <summary>How often it has asked the kernel for a connection.</summary>
    private long _turns;

    /// <summary><see cref="_turns"/> at the last probe that found a connection waiting; -1 if the last one found none.</summary>
    private long _turnsAtProbe = -1;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Accepts until cancelled. Then, and whatever ends it, the socket is closed: the kernel would go on taking connections.</summary>
    /// <exception cref="SocketException">The socket is of no use any more.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Socket closing = socket;
        using var spare = new SpareDescriptor();
        int reserve = DescriptorReserve.FindStart();
        LogListening(EndPoint.Address, EndPoint.Port);
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket? accepted = null;
            SocketPeerConnection? peer = null;
            try
            {
                if (!await places.WaitAsync(_placePatience, cancellationToken).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref _turns);
                    LogNotAccepted("all places are taken, and none gets free");
                    spare.Use(() => TurnAway(socket));
                    continue;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            Interlocked.Increment(ref _turns);
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if ((int)accepted.Handle >= reserve)
                {
                    accepted.Dispose();
                    accepted = null;
                    throw new SocketException((int)SocketError.TooManyOpenSockets);
                }

                if (IsGone(accepted))
                {
                    LogGone("the peer has reset it");
                    accepted.Dispose();
                    places.Release();
                    continue;
                }

                peer = new SocketPeerConnection(accepted, () => places.Release());
                serve(peer);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                if (accepted is null)
                {
                    places.Release(); // another listener may take its turn when the interface is back
                }

                return;
            }
            catch (Exception e) when (accepted is not null)
            {
                // Whatever is wrong with one connection, the others are served
                LogGone(e.Message);
                if (peer is not null)
                {
                    peer.Dispose();
                }
                else
                {
                    accepted.Dispose();
                    places.Release();
                }
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                // A waiting connection is closed, so that its client asks another server; without a descriptor to accept it, it would wait in silence.
                places.Release();
                SayNotAccepted(e);
                spare.Use(() => TurnAway(socket));
                await Task.Delay(_pause, timeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (SocketException e) when (IsPassing(e.SocketErrorCode))
            {
                places.Release();
                SayNotAccepted(e);
                await Task.Delay(_pause, timeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Strangers can bring it about, and must not fill the log.</summary>
    private void SayNotAccepted(SocketException e)
    {
        if (_saidAt is not { } said || timeProvider.GetElapsedTime(said) > _silence)
        {
            _saidAt = timeProvider.GetTimestamp();
            LogNotAccepted(e.Message);
        }
    }

    /// <summary>Whether it still accepts. To be asked now and then, by one thread at a time.</summary>
    /// <returns>False if a connection has waited since the last time, and none was accepted.</returns>
    public bool Probe()
    {
        long turns = Interlocked.Read(ref _turns);
        bool isWaiting = WaitingConnections() > 0;
        bool isStuck = isWaiting && turns == _turnsAtProbe;
        _turnsAtProbe = isWaiting ? turns : -1;
        return !isStuck;
    }

    /// <summary>Closes the connections that wait now.</summary>
    private void TurnAway(Socket listening)
    {
        try
        {
            for (uint waiting = WaitingConnections(); waiting > 0; waiting--)
            {
                listening.Accept().Dispose();
            }
        }
        catch (SocketException e)
        {
            LogNotAccepted(e.Message);
        }
    }

    /// <summary>Whether a peer has reset the connection already: a flood of these costs little where nobody takes them up.</summary>
    private static bool IsGone(Socket accepted)
    {
        const byte Closed = 7; // TCP_CLOSE
        Span<byte> state = stackalloc byte[1];
        return accepted.GetRawSocketOption(TcpLevel, TcpInfo, state) == state.Length && state[0] == Closed;
    }

    private uint WaitingConnections()
    {
        // tcp_info of a listening socket has the length of its queue in tcpi_unacked.
        const int UnackedOffset = 24;
        var info = new byte[UnackedOffset + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, info) == info.Length ? BitConverter.ToUInt32(info, UnackedOffset) : 0;
        }
        catch (ObjectDisposedException)
        {
            return 0; // it stops
        }
    }

    /// <summary>Whether an error of accept(2) says nothing of the listening socket itself.</summary>
    private static bool IsPassing(SocketError error) => error
        is not (SocketError.NotSocket or SocketError.InvalidArgument or SocketError.Fault);
}
