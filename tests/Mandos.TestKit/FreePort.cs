using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mandos.TestKit;

/// <summary>Finds ports for servers.</summary>
public static class FreePort
{
    // Below the range from which the kernel takes the ports of outgoing connections.
    private const int First = 20_000;
    private const int Count = 10_000;

    private static readonly ConcurrentBag<Socket> _claims = [];
    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port on which nobody listens, never the same twice in one run, nor for two processes that test at the same time.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            try
            {
                Claim(port);
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
                socket.DualMode = true;
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }

    /// <summary>Takes a name that stands for the port, which no other process then gets until this one ends (unix(7), abstract).</summary>
    private static void Claim(int port)
    {
        var claim = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            claim.Bind(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"\0mandos-test-port-{port}")));
            _claims.Add(claim);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }
}
