using System.Net;
using System.Net.Sockets;

namespace Mandos.Bench.Siege;

/// <summary>The strangers of a flood. They are a process of their own, with its own processors.</summary>
internal static class Strangers
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private static int _open;

    /// <summary>Attacks until told to stop. Prints how many connections have ended and how many are open, every second.</summary>
    public static async Task AttackAsync(Flood flood, IPEndPoint server, CancellationToken token)
    {
        long made = 0;
        Task[] all = [.. Enumerable.Range(0, flood.Strangers).Select(i => Task.Run(
            async () =>
            {
                var random = new Random(i);
                while (!token.IsCancellationRequested)
                {
                    if (await AttackOnceAsync(flood, server, random, token))
                    {
                        Interlocked.Increment(ref made);
                    }
                    else
                    {
                        await Task.Delay(_pause, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }
                }
            },
            CancellationToken.None))];
        while (!token.IsCancellationRequested)
        {
            Console.WriteLine($"{Interlocked.Read(ref made)} {Volatile.Read(ref _open)}");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(all);
    }

    /// <returns>Whether there was a connection.</returns>
    private static async Task<bool> AttackOnceAsync(Flood flood, IPEndPoint server, Random random, CancellationToken token)
    {
        using Socket? socket = await ConnectAsync(server, IPAddress.Parse(flood.From(random)), token);
        if (socket is null)
        {
            return false;
        }

        Interlocked.Increment(ref _open);
        try
        {
            await flood.Attack(socket, token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut off, or the end
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }

        return true;
    }

    public static async Task<Socket?> ConnectAsync(IPEndPoint server, IPAddress from, CancellationToken token)
    {
        // IP_BIND_ADDRESS_NO_PORT: the kernel chooses the port when it knows the other end, so that these do not run out.
        const int IpLevel = 0;
        const int BindAddressNoPort = 24;
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(server, token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }
}
