using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mandos.Bench.Web;

/// <summary>
/// What attacks the web surface, in a process of its own, until it is killed: connections from many addresses on which nothing comes, bodies that come
/// slowly, streams of events that nobody reads, and scrapes.
/// </summary>
internal static class WebAttackers
{
    /// <summary>The command of the process.</summary>
    public const string Command = "web-attackers";

    private const int Silent = 10_000;
    private const int SlowBodies = 128;
    private const int Streams = 64;

    private static readonly TimeSpan _reconnect = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _byte = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _scrape = TimeSpan.FromMilliseconds(60);

    /// <summary>Starts the process.</summary>
    public static Process Start(string socket, int tls, int metrics) => Process.Start(
        Environment.ProcessPath!,
        [Command, socket, tls.ToString(CultureInfo.InvariantCulture), metrics.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Attacks without end.</summary>
    /// <param name="args">The socket, the port with TLS, and that of the metrics.</param>
    public static Task RunAsync(string[] args)
    {
        var socket = new UnixDomainSocketEndPoint(args[0]);
        IPEndPoint[] ports = [.. args[1..].Select(static port => new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)))];
        return Task.WhenAll(
        [
            .. Enumerable.Range(0, Silent).Select(i => AgainAsync(() => WaitAsync(ports[i % 2], new IPAddress([127, 1, (byte)(i >> 8), (byte)i])))),
            .. Enumerable.Range(0, SlowBodies).Select(_ => AgainAsync(() => SendSlowlyAsync(socket))),
            .. Enumerable.Range(0, Streams).Select(_ => AgainAsync(() => IgnoreAsync(socket))),
            ScrapeAsync(ports[1]),
        ]);
    }

    private static async Task AgainAsync(Func<Task> attack)
    {
        await Task.Delay(_reconnect * Random.Shared.NextDouble(), TimeProvider.System);
        while (true)
        {
            try
            {
                await attack();
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // It was broken off.
            }

            await Task.Delay(_reconnect, TimeProvider.System);
        }
    }

    private static async Task WaitAsync(IPEndPoint port, IPAddress from)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(port);
        await socket.ReceiveAsync(new byte[1]);
    }

    private static async Task SendSlowlyAsync(EndPoint place)
    {
        using Socket socket = await ConnectAsync(place);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            "POST /api/v1/clients/client0/settings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"));
        while (true)
        {
            await socket.SendAsync(" "u8.ToArray());
            await Task.Delay(_byte, TimeProvider.System);
        }
    }

    private static async Task IgnoreAsync(EndPoint place)
    {
        using Socket socket = await ConnectAsync(place);
        socket.ReceiveBufferSize = 1;
        await socket.SendAsync("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System);
    }

    private static async Task ScrapeAsync(IPEndPoint port)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{port}") };
        while (true)
        {
            try
            {
                await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            }
            catch (HttpRequestException)
            {
                // Others have taken its place; it comes again.
            }

            await Task.Delay(_scrape, TimeProvider.System);
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint place)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(place);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
