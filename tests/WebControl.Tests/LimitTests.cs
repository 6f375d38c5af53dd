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

    [Fact]
    public void Strangers_WithAnyNumberOfAddresses_DisplaceEachOtherOnly()
    {
        var places = new PortPlaces();
        List<string> aborted = [];
        PortPlace known = places.Take("home", () => aborted.Add("known"))!;
        known.NoteKnown();
        for (int i = 0; i < 10 * WebLimits.PortConnections; i++)
        {
            string from = i.ToString(CultureInfo.InvariantCulture);
            Assert.NotNull(places.Take(from, () => aborted.Add(from)));
        }

        Assert.Equal(WebLimits.StrangersConnections + 1, places.Taken);
        int displaced = aborted.Count;
        for (int i = 1; i < WebLimits.ConnectionsFromOnePlace; i++)
        {
            Assert.NotNull(places.Take("home", static () => Assert.Fail("somebody from home lost a place")));
        }

        Assert.Equal(displaced, aborted.Count); // they have a share of their own
        Assert.Equal(Enumerable.Range(0, displaced).Select(static i => i.ToString(CultureInfo.InvariantCulture)), aborted); // the oldest first
    }

    [Fact]
    public void Stranger_WithManyConnections_GivesWayToOneWithFew()
    {
        var places = new PortPlaces();
        List<string> aborted = [];
        Assert.NotNull(places.Take("few", static () => Assert.Fail("the one with few connections lost one")));
        for (int i = 0; i < 10 * WebLimits.StrangersConnections; i++)
        {
            string from = i % 3 == 0 ? "many" : "more";
            Assert.NotNull(places.Take(from, () => aborted.Add(from)));
        }

        for (int i = 0; i < WebLimits.ConnectionsFromOnePlace / 2; i++)
        {
            Assert.NotNull(places.Take("late", static () => Assert.Fail("the one who came late lost a place")));
        }

        Assert.InRange(places.Taken, WebLimits.ConnectionsFromOnePlace, WebLimits.StrangersConnections);
    }

    [Fact]
    public void Place_OfOneWhoIsKnown_IsNobodyElses()
    {
        var places = new PortPlaces();
        List<PortPlace> known = [];
        for (int i = 0; i < WebLimits.ConnectionsFromOnePlace; i++)
        {
            known.Add(places.Take("home", static () => Assert.Fail("it was known"))!);
            known[^1].NoteKnown();
        }

        Assert.Null(places.Take("home", static () => { }));
        known[0].Dispose();
        using PortPlace? one = places.Take("home", static () => { });
        Assert.NotNull(one);
    }

    [Fact]
    public void StrangersBehindTheAddressOfOneWhoIsKnown_DisplaceEachOtherOnly()
    {
        var places = new PortPlaces();
        places.Take("home", static () => Assert.Fail("it was known"))!.NoteKnown();
        int displaced = 0;
        for (int i = 0; i < 10 * WebLimits.PortConnections; i++)
        {
            Assert.NotNull(places.Take("home", () => displaced++));
        }

        Assert.Equal(WebLimits.ConnectionsFromOnePlace, places.Taken);
        Assert.Equal((10 * WebLimits.PortConnections) + 1 - WebLimits.ConnectionsFromOnePlace, displaced);
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
