using System.Net.Sockets;
using System.Text;
using Mandos.Host.Logging;

namespace Mandos.Host.Probing;

/// <summary>Asks the running server whether it is well, for <c>--probe</c>.</summary>
/// <param name="stateDirectory">The server's state directory.</param>
/// <param name="limit">How long to wait for the answer.</param>
internal sealed class ServerProbe(string stateDirectory, TimeSpan limit)
{
    /// <summary>Longer than a <see cref="ProbeListener"/> waits for the server, so that its words are heard.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    /// <summary>Asks.</summary>
    /// <returns>What is wrong, in one line; null if the server is well.</returns>
    public async Task<string?> FindFaultAsync()
    {
        string path = ProbeSocket.PathIn(stateDirectory);
        if (Encoding.UTF8.GetByteCount(path) > ProbeSocket.MostPathBytes)
        {
            return $"{path}: the path is longer than the {ProbeSocket.MostPathBytes} bytes that a socket may have; choose a shorter --statedir";
        }

        using var time = new CancellationTokenSource(limit, TimeProvider.System);
        try
        {
            using Socket socket = ProbeSocket.Create();
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), time.Token).ConfigureAwait(false);
            string answer = await ReadAsync(socket, time.Token).ConfigureAwait(false);
            return answer == ProbeSocket.Well ? null
                : answer.Length == 0 ? "the server ends, or another program answers in its place"
                : LogText.Escape(answer);
        }
        catch (OperationCanceledException)
        {
            return $"the server has not answered within {limit.TotalSeconds} s";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            return $"{path}: only root and the server's own user may ask; run it as one of them";
        }
        catch (SocketException e)
        {
            return $"no server answers at {path}: {e.Message}; it is down or still starts, or has another --statedir";
        }
    }

    /// <summary>Reads a line.</summary>
    private static async Task<string> ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ProbeSocket.MostBytes];
        int length = 0;
        while (length < buffer.Length
            && await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            length += count;
        }

        return Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n');
    }
}
