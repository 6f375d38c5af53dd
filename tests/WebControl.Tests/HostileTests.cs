using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Settings;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>Nobody gets in, and nothing changes, by a trick.</summary>
public sealed class HostileTests
{
    private const string Disable = "/api/v1/clients/one/disable";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost.evil.example")]
    [InlineData("Origin", "http://localhost@evil.example")]
    [InlineData("Origin", "http://evil.example@localhost")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "")]
    [InlineData("Sec-Fetch-Site", "same-origin, cross-site")]
    public async Task Post_FromAnotherSite_ChangesNothing(string header, string value)
    {
        await using Rig rig = await StartAsync();

        (int status, JsonElement json) = await rig.PostAsync(Disable, headers: (header, value));

        Assert.Equal((403, "not_allowed"), (status, json.GetProperty("code").GetString()));
        Assert.Empty(rig.Server.Sources);
    }

    [Theory]
    [InlineData("Origin", "http://localhost")]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    public async Task Post_FromThisSite_IsCarriedOut(string header, string value)
    {
        await using Rig rig = await StartAsync();

        (int status, _) = await rig.PostAsync(Disable, headers: (header, value));

        Assert.Equal(200, status);
        Assert.Single(rig.Server.Sources);
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("mandos.example.org", 200)]
    [InlineData("MANDOS.example.org:8443", 200)]
    [InlineData("mandos.example.org.evil.example", 421)]
    [InlineData("localhost", 200)]
    [InlineData("192.0.2.1:8443", 200)]
    [InlineData("[::1]:8443", 200)]
    public async Task Host_OfARequest_HasToBeOneOfOurs(string host, int expected)
    {
        await using Rig rig = await StartAsync((WebSettings.HostsName, "mandos.example.org"));

        string answer = await rig.SendRawAsync($"POST {Disable} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {expected} ", answer, StringComparison.Ordinal);
        Assert.Equal(expected == 200 ? 1 : 0, rig.Server.Sources.Count);
    }

    [Theory]
    [InlineData("/api/v1/clients/one/../one/disable")]
    [InlineData("/api/v1/./clients/one/disable")]
    [InlineData("/api/v1//clients/one/disable")]
    [InlineData("//api/v1/clients/one/disable")]
    [InlineData("/api/v1/clients/one/disable/")]
    [InlineData("/api/v1/clients/one%00/disable")]
    [InlineData("/api/v1/clients/one%/disable")]
    [InlineData("/api/v1/clients/one%2/disable")]
    [InlineData("/api/v1/clients/%ff/disable")]
    [InlineData("/api/v1/clients/%c0%af/disable")]
    [InlineData("/api/v1/clients/%ed%a0%80/disable")]
    [InlineData("/api/v1/clients\\one\\disable")]
    [InlineData("http://localhost/api/v1/clients/one/disable")]
    [InlineData("*")]
    public async Task Path_WithATrick_LeadsNowhere(string target)
    {
        await using Rig rig = await StartAsync();

        string answer = await rig.SendRawAsync($"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Sources);
    }

    [Theory]
    [InlineData("%2e%2e", "..")]
    [InlineData("%2E", ".")]
    [InlineData("a%2Fdisable", "a/disable")]
    [InlineData("%252e", "%2e")]
    public async Task Path_WithEncodedParts_MeansAClientsNameAndNothingElse(string encoded, string name)
    {
        await using Rig rig = await Rig.StartAsync([Named("one"), Named(name)]);

        string answer = await rig.SendRawAsync($"POST /api/v1/clients/{encoded}/disable HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.False((await rig.Server.GetClientAsync(name, Cancellation))!.Enabled);
        Assert.True((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST " + Disable + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("POST " + Disable + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("POST " + Disable + " HTTP/1.1\r\nHost : localhost\r\n\r\n")]
    [InlineData("POST " + Disable + " HTTP/1.1\nHost: localhost\nX: \0\n\n")]
    [InlineData("BREW " + Disable + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003\r\n\r\n")]
    public async Task Request_ThatIsNotWellFormed_IsRefused(string request)
    {
        await using Rig rig = await StartAsync();

        string answer = await rig.SendRawAsync(request);

        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Sources);
    }

    [Theory]
    [InlineData("X-Remote-User: alice\r\nX-Remote-User: bob")]
    [InlineData("X-Remote-User: alice\r\nx-remote-user: alice")]
    [InlineData("X-Remote-User: alice, bob")]
    [InlineData("X-Remote-User:")]
    [InlineData("X-Remote-User: al\u0001ice")]
    [InlineData("X-Remote-User: al\u0085ice")]
    [InlineData("X-Remote-User: al\tice")]
    [InlineData("X-Remote-User: al\rice")]
    public async Task UserHeader_ThatIsNotOneName_IsRefused(string header)
    {
        await using Rig rig = await StartAsync((WebSettings.TrustedUserHeaderName, "X-Remote-User"));

        string answer = await rig.SendRawAsync($"POST {Disable} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 40", answer, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Sources);
    }

    [Fact]
    public async Task UserHeader_OfATrustedProxy_IsTheUser()
    {
        await using Rig rig = await StartAsync((WebSettings.TrustedUserHeaderName, "X-Remote-User"));

        await rig.PostAsync(Disable, headers: ("X-Remote-User", "alice"));
        (int status, _) = await rig.PostAsync("/api/v1/tokens", """{"name":"x","scope":"admin"}""", headers: ("X-Remote-User", "alice"));

        Assert.Equal("alice", Assert.Single(rig.Server.Sources).User);
        Assert.Equal(403, status); // a proxy's users make no tokens
    }

    [Fact]
    public async Task UserHeader_ThatNoSettingNames_CountsForNothing()
    {
        await using Rig rig = await StartAsync();

        await rig.PostAsync(Disable, headers: ("X-Remote-User", "alice"));

        Assert.StartsWith("uid ", Assert.Single(rig.Server.Sources).User, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 8000)]
    [InlineData(3, 6000)]
    public async Task Headers_TooManyOrTooLong_AreRefused(int count, int length)
    {
        await using Rig rig = await StartAsync();
        var request = new StringBuilder($"POST {Disable} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n");
        for (int i = 0; i < count; i++)
        {
            request.Append($"X-{i}: {new string('x', length / count * 3)}\r\n");
        }

        string answer = await rig.SendRawAsync(request.Append("\r\n").ToString());

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Sources);
    }

    [Fact]
    public async Task Body_ThatDoesNotCome_HoldsUpNobodyAndChangesNothing()
    {
        await using Rig rig = await StartAsync();
        List<Socket> slow = [];
        for (int i = 0; i < 50; i++)
        {
            Socket socket = await rig.ConnectSocketAsync(Cancellation);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                "POST /api/v1/clients/one/secret HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nx"), Cancellation);
            slow.Add(socket);
        }

        (int status, _) = await rig.PostAsync(Disable);

        Assert.Equal(200, status);
        Assert.Single(rig.Server.Sources);
        foreach (Socket socket in slow)
        {
            // It is closed from the other side, with an answer or without, as it is slower than any person's line.
            byte[] buffer = new byte[4096];
            using var stream = new NetworkStream(socket, ownsSocket: true);
            int read = 1;
            while (read > 0)
            {
                read = await stream.ReadAsync(buffer, Cancellation).AsTask().WaitAsync(Patience.Limit, TimeProvider.System, Cancellation).ContinueWith(
                    task => task.IsCompletedSuccessfully ? task.GetAwaiter().GetResult() : 0, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    [Fact]
    public async Task Connections_MoreThanAllowed_AreClosedAndOthersServed()
    {
        await using Rig rig = await StartAsync();
        Assert.Equal(200, (await rig.GetAsync("/api/v1/server")).Status); // its connection stays open
        List<Socket> many = [];
        for (int i = 0; i < 400; i++)
        {
            many.Add(await rig.ConnectSocketAsync(Cancellation));
        }

        Assert.Equal(200, (await rig.GetAsync("/api/v1/server")).Status);
        many.ForEach(socket => socket.Dispose());
        await Patience.UntilAsync("others are served again", async () =>
        {
            try
            {
                using HttpClient fresh = rig.Connect();
                return (await fresh.GetAsync(new Uri("/api/v1/server", UriKind.Relative), Cancellation)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    private static Task<Rig> StartAsync(params (string Name, string Value)[] settings) => Rig.StartAsync([Named("one")], settings);

    private static ClientSnapshot Named(string name) => new()
    {
        Name = name, Settings = new ClientSettings { KeyId = new string('A', 64) }, Created = DateTimeOffset.UnixEpoch, Enabled = true,
    };
}
