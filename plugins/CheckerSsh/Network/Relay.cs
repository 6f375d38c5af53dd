using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Mandos.CheckerSsh.Limits;

namespace Mandos.CheckerSsh.Network;

/// <summary>
/// Stands between a host and SSH.NET, which reads without limit and, in a key exchange, waits on threads that nobody can stop. So
/// it talks to a socket of ours on the loopback address: the bytes that pass are counted, and closing that socket ends the connection.
/// </summary>
/// <remarks>
/// Another user of this machine who is quick enough could connect to that socket before SSH.NET does. That one check fails then,
/// as SSH.NET hears nothing.
/// </remarks>
internal sealed class Relay : IDisposable
{
    private const int BufferBytes = 4096;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <exception cref="SocketException">There is no loopback address.</exception>
    public Relay()
    {
        try
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>Where SSH.NET connects to.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Passes on what both send, until SSH.NET closes.</summary>
    /// <param name="host">The connection to the host.</param>
    /// <param name="greeting">What the host has sent already.</param>
    /// <param name="cancellationToken">Stops it, which closes the connection of SSH.NET.</param>
    /// <exception cref="SocketException">A connection is lost.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(Socket host, ReadOnlyMemory<byte> greeting, CancellationToken cancellationToken)
    {
        using Socket library = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        library.NoDelay = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task fromHost = FromHostAsync();
        try
        {
            await PassAsync(library, host, long.MaxValue, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await fromHost.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task FromHostAsync()
        {
            await SendAsync(library, greeting, stop.Token).ConfigureAwait(false);
            try
            {
                await PassAsync(host, library, SshLimits.HostBytes - greeting.Length, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                // SSH.NET reads what there is, and then the end.
                library.Shutdown(SocketShutdown.Send);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static async Task PassAsync(Socket from, Socket to, long limit, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int count;
            while (limit > 0 && (count = await from.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await SendAsync(to, buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                limit -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            data = data[await to.SendAsync(data, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
