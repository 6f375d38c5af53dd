using System.Net.Sockets;
using System.Text;
using Mandos.Host.Logging;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Probing;

/// <summary>Answers <see cref="ServerProbe"/>s, one after another.</summary>
internal sealed partial class ProbeListener : IDisposable
{
    /// <summary>How long the server may take until the answer is that it does not answer.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait after a connection could not be accepted.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly Func<Task> _ask;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    private ProbeListener(Socket socket, Func<Task> ask, TimeProvider timeProvider, ILogger logger)
        => (_socket, _ask, _timeProvider, _logger) = (socket, ask, timeProvider, logger);

    /// <summary>Listens in a state directory. A server whose health nobody can ask for serves all the same.</summary>
    /// <param name="stateDirectory">The directory, an absolute path.</param>
    /// <param name="ask">Ends when the server has answered; fails if it is not well.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Is told if it cannot be done.</param>
    /// <returns>Null if it cannot be done.</returns>
    public static ProbeListener? Open(string stateDirectory, Func<Task> ask, TimeProvider timeProvider, ILogger logger)
    {
        string path = ProbeSocket.PathIn(stateDirectory);
        Socket socket = ProbeSocket.Create();
        try
        {
            RemoveStale(path);
            socket.Bind(new UnixDomainSocketEndPoint(path)); // disposing it removes the file
            File.SetUnixFileMode(path, ProbeSocket.Mode); // before it listens, so that nobody has connected
            socket.Listen();
            return new ProbeListener(socket, ask, timeProvider, logger);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException or ArgumentException)
        {
            // ArgumentException: the path is too long for a socket
            socket.Dispose();
            LogNotOpen(logger, path, LogText.Summarize(e));
            return null;
        }
    }

    /// <summary>Answers until it is cancelled.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await AnswerNextAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server ends.
        }
        catch (Exception e)
        {
            LogDied(_logger, LogText.Summarize(e));
        }
        finally
        {
            // Nothing is at the path once nobody answers there.
            _socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Removes the socket that a server has left which did not end in order.</summary>
    private static void RemoveStale(string path)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        if (!FileEntry.Read(path).IsSocket)
        {
            throw new IOException("something else is there");
        }

        using Socket probe = ProbeSocket.Create();
        probe.Blocking = false;
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            // Somebody listens, and is busy.
        }

        throw new IOException("another server answers there; give each a --statedir of its own");
    }

    private async Task AnswerNextAsync(CancellationToken cancellationToken)
    {
        Socket connection;
        try
        {
            connection = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // There is no open file left, for example.
            await Task.Delay(_pause, _timeProvider, cancellationToken).ConfigureAwait(false);
            return;
        }

        using Socket _ = connection;
        try
        {
            byte[] answer = Encoding.UTF8.GetBytes(await FindAnswerAsync(cancellationToken).ConfigureAwait(false) + "\n");

            // A new socket has room for so little, whether it is read or not.
            await connection.SendAsync(answer.AsMemory(0, Math.Min(answer.Length, ProbeSocket.MostBytes)), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // Who asked has gone.
        }
    }

    private async Task<string> FindAnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(_ask, cancellationToken).WaitAsync(_limit, _timeProvider, cancellationToken).ConfigureAwait(false);
            return ProbeSocket.Well;
        }
        catch (TimeoutException)
        {
            return $"the server runs, but its loop has not answered within {_limit.TotalSeconds} s";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return LogText.Summarize(e);
        }
    }
}
