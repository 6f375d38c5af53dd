using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Access;
using Mandos.WebControl.Serving;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>On TCP nobody is known who does not show a token, a cookie or a listed certificate, and each may what its scope says.</summary>
public sealed class TcpTests
{
    private const string List = "/api/v1/clients";

    private static readonly Uri _events = new("/api/v1/events", UriKind.Relative);
    private const string Disable = "/api/v1/clients/one/disable";
    private const string Approve = "/api/v1/clients/one/approve";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_MayDoNothing()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient nobody = rig.Connect();

        Assert.Equal((401, 401, 401), (
            await TcpRig.GetStatusAsync(nobody, List), await TcpRig.PostStatusAsync(nobody, Disable), await TcpRig.GetStatusAsync(nobody, "/")));
        Assert.Empty(rig.Rig.Server.Sources);
    }

    [Fact]
    public async Task Plaintext_OnTcp_GetsNothing()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.IPv6Loopback, rig.Port, Cancellation);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync("GET /static/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancellation);

        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.DoesNotContain("HTTP/1.1 200", await reader.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read", 200, 403, 403)]
    [InlineData("approve", 200, 200, 403)]
    [InlineData("admin", 200, 200, 200)]
    public async Task Token_OfAScope_MayThatAndNoMore(string scope, int list, int approve, int disable)
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient client = rig.Connect(await rig.MakeTokenAsync("phone", scope));

        Assert.Equal((list, approve, disable), (
            await TcpRig.GetStatusAsync(client, List), await TcpRig.PostStatusAsync(client, Approve), await TcpRig.PostStatusAsync(client, Disable)));
        Assert.Equal(403, await TcpRig.GetStatusAsync(client, "/api/v1/tokens")); // only at the socket
        Assert.All(rig.Rig.Server.Sources, source => Assert.Equal(("token phone", "::1"), (source.User, source.Address)));
    }

    [Fact]
    public async Task Token_Revoked_IsNoneAtOnceAndStaysSo()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient client = rig.Connect(await rig.MakeTokenAsync("a/b", "admin"));
        Assert.Equal(200, await TcpRig.GetStatusAsync(client, List));

        (int status, _) = await rig.Rig.PostAsync("/api/v1/tokens/a%2Fb/revoke");

        Assert.Equal(200, status);
        Assert.Equal(401, await TcpRig.GetStatusAsync(client, List));
        Assert.Empty(new TokenFile(rig.Rig.StateDirectory).Read());
    }

    [Fact]
    public async Task Token_RevokedWhileItsStreamIsOpen_EndsTheStream()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient client = rig.Connect(await rig.MakeTokenAsync("phone", "read"));
        using Stream stream = await client.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: ready", await reader.ReadLineAsync(Cancellation));

        await rig.Rig.PostAsync("/api/v1/tokens/phone/revoke");
        await rig.Rig.PostAsync(Disable);

        string rest = await reader.ReadToEndAsync(Cancellation).WaitAsync(Patience.Limit, TimeProvider.System, Cancellation);
        Assert.DoesNotContain("client_changed", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenFile_HasHashesOnlyAndIsPrivate()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        string token = await rig.MakeTokenAsync("phone", "read");

        string file = Path.Combine(rig.Rig.StateDirectory, "web-tokens.json");

        Assert.DoesNotContain(token, await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal("phone", new TokenStore(new TokenFile(rig.Rig.StateDirectory), TimeProvider.System).Find(token)!.Name); // after a restart
        Assert.DoesNotContain(rig.Rig.Context.Logged, line => line.Text.Contains(token, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"name\":\"phone\",\"scope\":\"admin\"}", 409)]
    [InlineData("{\"name\":\"\",\"scope\":\"admin\"}", 400)]
    [InlineData("{\"name\":\"x\",\"scope\":\"root\"}", 400)]
    [InlineData("{\"scope\":\"read\"}", 400)]
    public async Task Token_Bad_IsNotMade(string body, int expected)
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        await rig.MakeTokenAsync("phone", "read");

        (int status, _) = await rig.Rig.PostAsync("/api/v1/tokens", body);

        Assert.Equal(expected, status);
        Assert.Single(new TokenFile(rig.Rig.StateDirectory).Read());
    }

    [Fact]
    public async Task Tokens_Guessed_AreSoonRefusedAndLockOutNobody()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient good = rig.Connect(await rig.MakeTokenAsync("phone", "read"));
        List<int> answers = [];
        for (int i = 0; i < 20; i++)
        {
            using HttpClient guesser = rig.Connect(Token.MakeText());
            answers.Add(await TcpRig.GetStatusAsync(guesser, List));
        }

        Assert.Equal(401, answers[0]);
        Assert.Contains(429, answers);
        Assert.InRange(rig.Rig.Context.Logged.Count(line => line.Text.Contains("wrong token", StringComparison.Ordinal)), 1, 20);
        Assert.Equal((200, 200), ((await rig.Rig.GetAsync(List)).Status, await TcpRig.GetStatusAsync(good, List))); // a right one from the same address
    }

    [Fact]
    public async Task Streams_OfOneCaller_LeaveSomeForOthersAndAllForTheSocket()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient reader = rig.Connect(await rig.MakeTokenAsync("phone", "read"));
        using HttpClient other = rig.Connect(await rig.MakeTokenAsync("laptop", "read"));
        List<Stream> open = [];
        for (int i = 0; i < WebLimits.Streams / 2; i++)
        {
            open.Add(await reader.GetStreamAsync(_events, Cancellation));
        }

        using HttpResponseMessage onTcp = await reader.GetAsync(_events, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using HttpResponseMessage ofOther = await other.GetAsync(_events, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using HttpResponseMessage atSocket = await rig.Rig.Http.GetAsync(_events, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.Equal((429, 200, 200), ((int)onTcp.StatusCode, (int)ofOther.StatusCode, (int)atSocket.StatusCode));
        open.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Browser_SignsIn_ByACookieThatScriptsAndSitesDoNotGet()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        string token = await rig.MakeTokenAsync("phone", "approve");
        using HttpClient browser = rig.Connect();

        using HttpResponseMessage signedIn = await SignInAsync(browser, token);

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (signedIn.StatusCode, signedIn.Headers.Location!.ToString()));
        string cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        Assert.All(["__Host-mandos=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"], part => Assert.Contains(part, cookie, StringComparison.Ordinal));
        Assert.DoesNotContain(token, cookie, StringComparison.Ordinal);
        browser.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
        Assert.Equal((200, 200, 403), (
            await TcpRig.GetStatusAsync(browser, "/"), await TcpRig.PostStatusAsync(browser, Approve), await TcpRig.PostStatusAsync(browser, Disable)));

        using HttpResponseMessage signedOut = await browser.PostAsync(new Uri("/sign-out", UriKind.Relative), null, Cancellation);
        Assert.Equal((303, 401), ((int)signedOut.StatusCode, await TcpRig.GetStatusAsync(browser, "/")));
    }

    [Fact]
    public async Task Browser_WithACookieOfARevokedToken_IsNobody()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient browser = rig.Connect();
        using HttpResponseMessage signedIn = await SignInAsync(browser, await rig.MakeTokenAsync("phone", "admin"));
        browser.DefaultRequestHeaders.Add("Cookie", signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        Assert.Equal(200, await TcpRig.GetStatusAsync(browser, "/"));

        await rig.Rig.PostAsync("/api/v1/tokens/phone/revoke");

        Assert.Equal(401, await TcpRig.GetStatusAsync(browser, "/"));
    }

    [Fact]
    public async Task Browser_OfAnotherSite_CannotUseTheCookie()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient browser = rig.Connect();
        using HttpResponseMessage signedIn = await SignInAsync(browser, await rig.MakeTokenAsync("phone", "admin"));
        browser.DefaultRequestHeaders.Add("Cookie", signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        browser.DefaultRequestHeaders.Add("Origin", "https://evil.example");

        Assert.Equal(403, await TcpRig.PostStatusAsync(browser, Disable));
        Assert.Empty(rig.Rig.Server.Sources);
    }

    [Fact]
    public async Task SignIn_WithAWrongToken_IsRefusedOnThePage()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using HttpClient browser = rig.Connect();

        using HttpResponseMessage response = await SignInAsync(browser, "mandos_x");

        Assert.Equal((HttpStatusCode.Unauthorized, "text/html"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Contains("this is no token", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("mandos.example.org", 401)]
    public async Task Host_OnTcp_HasToBeListed(string host, int expected)
    {
        await using TcpRig rig = await TcpRig.StartAsync(("hosts", "mandos.example.org"));
        using HttpClient client = rig.Connect();
        client.DefaultRequestHeaders.Host = host;

        Assert.Equal(expected, await TcpRig.GetStatusAsync(client, List));
    }

    [Fact]
    public async Task Certificate_Listed_IsKnownUntilItIsTakenOffTheList()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using X509Certificate2 certificate = TcpRig.MakeClientCertificate();
        string fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        await WriteListAsync(rig, $"{fingerprint} admin Alice of home\n");
        using HttpClient client = rig.Connect(certificate: certificate);

        Assert.Equal(200, await TcpRig.PostStatusAsync(client, Disable));
        Assert.Equal("certificate Alice of home", Assert.Single(rig.Rig.Server.Sources).User);

        await WriteListAsync(rig, "# nobody any more\n");
        Assert.Equal(401, await TcpRig.GetStatusAsync(client, List)); // though its connection is still open
    }

    [Fact]
    public async Task Certificate_NotListed_GetsNoConnection()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using X509Certificate2 certificate = TcpRig.MakeClientCertificate();
        using HttpClient client = rig.Connect(certificate: certificate);

        await Assert.ThrowsAsync<HttpRequestException>(() => TcpRig.GetStatusAsync(client, List));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_WithATokenOrALink_StaysWhenStrangersTakeAllOthers(bool hasToken)
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        var request = new SecretRequest(7, new IPEndPoint(IPAddress.Loopback, 1), new string('A', 64), DateTimeOffset.UnixEpoch);
        rig.Rig.Server.Update("one", client => client with { Requests = [request] });
        int connections = 0;
        string path = hasToken ? List : $"/link/{rig.Rig.Server.Links.Make(7, approved: true)}";
        using HttpClient phone = rig.Connect(
            hasToken ? await rig.MakeTokenAsync("phone", "read") : null, connected: () => Interlocked.Increment(ref connections));
        Assert.Equal(200, await TcpRig.GetStatusAsync(phone, path));
        List<Socket> strangers = [];
        for (int i = 0; i < 2 * WebLimits.PortConnections; i++)
        {
            strangers.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
            await strangers[^1].ConnectAsync(IPAddress.IPv6Loopback, rig.Port, Cancellation);
        }

        Assert.True(await IsBrokenOffAsync(strangers[0]));

        Assert.Equal(200, await TcpRig.GetStatusAsync(phone, path));
        Assert.Equal(1, connections);
        strangers.ForEach(static socket => socket.Dispose());
    }

    [Fact]
    public async Task Certificates_WithAMistakeInTheList_AreAllRefused()
    {
        await using TcpRig rig = await TcpRig.StartAsync();
        using X509Certificate2 certificate = TcpRig.MakeClientCertificate();
        await WriteListAsync(rig, $"{certificate.GetCertHashString(HashAlgorithmName.SHA256)} admin\nxyz admin\n");
        using HttpClient client = rig.Connect(certificate: certificate);

        await Assert.ThrowsAsync<HttpRequestException>(() => TcpRig.GetStatusAsync(client, List));
        Assert.Contains(rig.Rig.Context.Logged, line => line.Text.Contains("setting client_certificates: line 2 should be the SHA-256", StringComparison.Ordinal));
    }

    private static async Task<bool> IsBrokenOffAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], Cancellation) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string token)
    {
        using var form = new FormUrlEncodedContent([new("token", token)]);
        return await browser.PostAsync(new Uri("/sign-in", UriKind.Relative), form, Cancellation);
    }

    /// <summary>The file's time must differ from that of the one before.</summary>
    private static async Task WriteListAsync(TcpRig rig, string text)
    {
        await File.WriteAllTextAsync(rig.CertificateList, text, Cancellation);
        File.SetLastWriteTimeUtc(rig.CertificateList, File.GetLastWriteTimeUtc(rig.CertificateList).AddSeconds(text.Length));
    }
}
