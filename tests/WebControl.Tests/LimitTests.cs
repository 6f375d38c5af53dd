using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Access;
using Mandos.WebControl.Serving;
using Mandos.WebControl.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>What strangers may take, they take from each other, and from nobody who is known.</summary>
public sealed class LimitTests : IDisposable
{
    private static readonly IPAddress _here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress _there = IPAddress.Parse("192.0.2.2");

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Strangers_WhoAskTooOften_TakeNothingFromATokenAtTheirAddress()
    {
        var tokens = new TokenStore(new TokenFile(_directory.FullName), _clock);
        string token = tokens.Make("phone", Scope.Read);
        var doorkeeper = new TcpDoorkeeper(new SameSite([], isProxied: false), tokens, new Sessions(tokens, _clock), null, _clock, NullLogger.Instance);

        await UseUpAsync(doorkeeper);

        Assert.Equal(429, (await Assert.ThrowsAsync<WebProblem>(() => AskAsync(doorkeeper, _here))).Status);
        Assert.Equal("token phone", (await AskAsync(doorkeeper, _here, token)).User);
        Assert.Null((await AskAsync(doorkeeper, _there)).User);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await AskAsync(doorkeeper, _here)).User);
    }

    [Fact]
    public async Task Connections_OfOnePlace_LeaveRoomForOthers()
    {
        int port = FreePort.Find();
        await using Rig rig = await Rig.StartAsync(
            [], (WebSettings.MetricsName, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));
        List<Socket> many = [];
        for (int i = 0; i < WebLimits.PortConnections; i++)
        {
            try
            {
                many.Add(await ConnectAsync("127.0.0.2", port));
            }
            catch (SocketException)
            {
                // It was one too many.
            }
        }

        using Socket other = await ConnectAsync("127.0.0.3", port);
        using var stream = new NetworkStream(other);
        await stream.WriteAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);

        Assert.StartsWith("HTTP/1.1 200 ", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        many.ForEach(static socket => socket.Dispose());
    }

    [Theory]
    [InlineData("/api/v1/clients")]
    [InlineData("/api/v1/clients?limit=1")]
    [InlineData("/api/v1/requests")]
    [InlineData("/api/v1/events")]
    [InlineData("/")]
    [InlineData("/clients")]
    public async Task Lists_OfAllClients_AreAskedOfTheEngineOneAtATime(string path)
    {
        await using Rig rig = await Rig.StartAsync([]);
        IMandosServer slow = SlowServer.Over(rig.Server);
        await rig.RunAgainAsync(slow);
        while (rig.Server.Subscriptions == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation); // the surface's own
        }

        HttpResponseMessage[] answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => rig.Http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation)));

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(1, ((SlowServer)slow).MostAtOnce);
        Array.ForEach(answers, static answer => answer.Dispose());
    }

    private static async Task UseUpAsync(IDoorkeeper doorkeeper)
    {
        int asked = 0;
        try
        {
            while (asked < 1000)
            {
                await AskAsync(doorkeeper, _here);
                asked++;
            }
        }
        catch (WebProblem)
        {
            // Enough
        }

        Assert.InRange(asked, 10, 999);
    }

    private static async Task<Caller> AskAsync(IDoorkeeper doorkeeper, IPAddress address, string? token = null)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = address;
        context.Request.Method = "GET";
        context.Request.Headers.Host = "localhost";
        if (token is not null)
        {
            context.Request.Headers.Authorization = $"Bearer {token}";
        }

        return await doorkeeper.AdmitAsync(context);
    }

    private static async Task<Socket> ConnectAsync(string from, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        return socket;
    }
}
