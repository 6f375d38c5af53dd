using System.Net;
using System.Net.Sockets;
using Mandos.CheckerSsh.Limits;

namespace Mandos.CheckerSsh.Network;

/// <summary>Connects to hosts.</summary>
internal static class HostConnection
{
    private static readonly SemaphoreSlim _lookups = new(SshLimits.Lookups);

    /// <summary>
    /// Connects to the first address of a host that accepts. One that does not answer leaves the others their share of the time.
    /// </summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="patience">How long all addresses may take together; none is cut off if it is the last one.</param>
    /// <param name="time">Measures <paramref name="patience"/>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SocketException">The name is unknown, or no address accepts.</exception>
    public static async Task<Socket> OpenAsync(
        string host, int port, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? address)
            ? [address] : await LookUpAsync(host, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < addresses.Length - 1; i++)
        {
            using CancellationTokenSource share = new(patience / addresses.Length, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, share.Token);
            try
            {
                return await ConnectAsync(addresses[i], port, either.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next one.
            }
        }

        return await ConnectAsync(addresses[^1], port, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <remarks>
    /// A lookup cannot be stopped: when the check is, it goes on up to the limits of resolv.conf(5). On the thread pool, where
    /// .NET does lookups, a name server that does not answer would take the threads of the whole server.
    /// </remarks>
    private static async Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancellationToken)
    {
        await _lookups.WaitAsync(cancellationToken).ConfigureAwait(false);
        Task<IPAddress[]> lookup = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return Dns.GetHostAddresses(host);
                }
                catch (ArgumentException)
                {
                    // Not even a name.
                    throw new SocketException((int)SocketError.HostNotFound);
                }
                finally
                {
                    _lookups.Release();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        IPAddress[] addresses = await lookup.WaitAsync(cancellationToken).ConfigureAwait(false);
        return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
    }
}
