using System.Net.Sockets;

namespace Mandos.Bus;

/// <summary>Connects to Unix sockets.</summary>
public static class UnixSocket
{
    private static readonly TimeSpan _pauseWhileBusy = TimeSpan.FromMilliseconds(20);

    /// <summary>Connects; while too many wait to be accepted, it waits too.</summary>
    /// <param name="endPoint">The socket.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">It is not possible.</exception>
    public static async Task<Socket> ConnectAsync(UnixDomainSocketEndPoint endPoint, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            try
            {
                await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            await Task.Delay(_pauseWhileBusy, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What went wrong, in the words of the system.</summary>
    public static string Describe(SocketException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.SocketErrorCode is SocketError.AddressNotAvailable ? "No such file or directory" : error.Message;
    }
}
