using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Protocol;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>Accepts connections and hands them on.</summary>
internal sealed partial class Listener(Socket socket, Action<IPeerConnection> serve, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>How long to wait before trying again when the kernel gives no connection, for example for want of descriptors.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long it says nothing more of that.</summary>
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logger;
    private long? _saidAt;

    /// <summary>How often it has asked the kernel for a connection.</summary>
    private long _turns;

    /// <summary><see cref="_turns"/> at the last probe that found a connection waiting; -1 if the last one found none.</summary>
    private long _turnsAtProbe = -1;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Accepts until cancelled.</summary>
    /// <exception cref="SocketException">The socket is of no use any more.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        LogListening(EndPoint.Address, EndPoint.Port);
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket? accepted = null;
            Interlocked.Increment(ref _turns);
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                serve(new SocketPeerConnection(accepted));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever is wrong with one connection, the others are served
            catch (Exception e) when (accepted is not null)
#pragma warning restore CA1031
            {
                LogGone(e.Message);
                accepted.Dispose();
            }
            catch (SocketException e) when (IsPassing(e.SocketErrorCode))
            {
                // Strangers can bring it about, and must not fill the log.
                if (_saidAt is not { } said || timeProvider.GetElapsedTime(said) > _silence)
                {
                    _saidAt = timeProvider.GetTimestamp();
                    LogNotAccepted(e.Message);
                }

                await Task.Delay(_pause, timeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
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

    private uint WaitingConnections()
    {
        // tcp_info of a listening socket has the length of its queue in tcpi_unacked.
        const int TcpLevel = 6;
        const int TcpInfo = 11;
        const int UnackedOffset = 24;
        var info = new byte[UnackedOffset + sizeof(uint)];
        return socket.GetRawSocketOption(TcpLevel, TcpInfo, info) == info.Length ? BitConverter.ToUInt32(info, UnackedOffset) : 0;
    }

    /// <summary>Whether an error of accept(2) says nothing of the listening socket itself.</summary>
    private static bool IsPassing(SocketError error) => error
        is not (SocketError.NotSocket or SocketError.InvalidArgument or SocketError.Fault);

    [LoggerMessage(3010, LogLevel.Information, "Listening on address {Address}, port {Port}")]
    private partial void LogListening(IPAddress address, int port);

    [LoggerMessage(3011, LogLevel.Error, "Cannot accept a connection: {Reason}; trying again")]
    private partial void LogNotAccepted(string reason);

    [LoggerMessage(3012, LogLevel.Debug, "A connection was gone before it was served: {Reason}")]
    private partial void LogGone(string reason);
}
