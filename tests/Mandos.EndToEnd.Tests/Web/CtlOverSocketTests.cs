using System.Text.Json;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>Our mandos-ctl does over the socket of the web API what it does over D-Bus, with the same words.</summary>
public sealed partial class CtlOverSocketTests
{
    // No check starts by itself: the first one starts after a random part of the interval.
    private const string Clients = """
        [DEFAULT]
        checker = true
        interval = P10D
        secret = c2VjcmV0
        [zoo]
        key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        host = foo.example.org
        timeout = P400DT1H
        location = räck 3
        [bar.example-org]
        fingerprint = 8788998877889988778899887788998877889988
        enabled = False
        [a/b c]
        key_id = 20112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        approved_by_default = False
        checker = echo "a	tab\ ü €"
        [..]
        key_id = 30112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        [gone]
        key_id = 40112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
        """;

    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    [Fact]
    public async Task Listings_OfOneServer_AreThoseOverDBusByteForByte()
    {
        var waiting = new TestClient("waiting");
        await using ServerOnBus scene = await StartWithBothAsync(Clients, waiting.StanzaWith("approval_delay = PT1H", "checker = true"));
        await scene.RequireAsync(_ctl, "--remove", "gone");
        await scene.RequireAsync(_ctl, "--approval-delay=1500", "--bump-timeout", "zoo");
        Task<PeerOutcome>[] fetches = [waiting.FetchAsync(scene.Server), waiting.FetchAsync(scene.Server)];
        await Patience.UntilAsync("two requests", async () => (await scene.RequireAsync(_ctl, "--requests")).Count(static c => c == '\n') == 3);

        foreach (string[] arguments in (string[][])
        [
            [], ["-v"], ["-v", "a/b c", "zoo", "..", "zoo"], ["-j"], ["--dump-json", "waiting", "bar.example-org"], ["--names"], ["bar.example-org"],
            ["--requests"], ["--requests", "waiting"], ["--requests", "zoo"], ["--kept"], ["--servers"], ["--unknown"], ["--unknown", "zoo"],
            ["--is-enabled", "zoo"], ["-V", "bar.example-org"], ["-V", "nobody"], ["nobody", "zoo"], ["--enable", "nobody"],
            ["--enable"], ["--all"], ["-v", "-j"], ["--forget", "zoo"], ["--approve-request", "99999"],
            ["--deny-request", "18446744073709551615"], ["--interval", "0", "zoo"], ["--host", new string('x', 70_000), "zoo"],
        ])
        {
            CommandResult overBus = await scene.RunAsync(_ctl, arguments);
            CommandResult overSocket = await scene.RunAsync(_ctl, ["--socket", WebSite.SocketOf(scene.Server), .. arguments]);

            string shown = string.Join(' ', arguments.Select(static argument => argument[..Math.Min(argument.Length, 40)]));
            Assert.True(overSocket.Output == overBus.Output, $"{shown} printed\n{overSocket.Output}{overSocket.Errors}\nnot\n{overBus.Output}");
            Assert.True(overSocket.ExitCode == overBus.ExitCode, $"{shown} ended with {overSocket.ExitCode}, not {overBus.ExitCode}");
            Assert.True(overSocket.Errors == overBus.Errors, $"{shown} said\n{overSocket.Errors}\nnot\n{overBus.Errors}");
        }

        await scene.RequireAsync(_ctl, "--deny", "waiting");
        await Task.WhenAll(fetches);
    }

    [Fact]
    public async Task Changes_OfEachKind_HaveTheEffectOfThoseOverDBus()
    {
        string[][] changes =
        [
            ["--disable", "zoo"], ["--enable", "bar.example-org"], ["--bump-timeout", "a/b c"], ["--checker", "echo %%", "zoo"],
            ["-t", "1d 2h", "zoo"], ["--timeout=PT7M", "--all"], ["--extended-timeout", "P1D", "zoo", ".."], ["--timeout", "1", "zoo"],
            ["-i", "P9D", "zoo"], ["--deny-by-default", "zoo"], ["--approve-by-default", "a/b c"], ["--approval-delay", "250", "zoo"],
            ["--approval-duration", "PT3S", "zoo"], ["-H", "other.example.org \"ü\\", "zoo"], ["--location", "räck 4", ".."],
            ["--when-cut-off", "hold", "zoo"], ["-A", "-a"], ["-D", "zoo"], ["--stop-checker", "zoo"], ["-s", "-", "zoo"],
            ["--deny", "--remove", "bar.example-org"], ["--forget", "bar.example-org"], ["--reload"], ["--remove", "--all"],
        ];
        await using ServerOnBus overBus = await StartWithBothAsync(Clients);
        await using ServerOnBus overSocket = await StartWithBothAsync(Clients);

        foreach (string[] change in changes)
        {
            string shown = string.Join(' ', change);
            CommandResult theirs = await overBus.RunWithInputAsync("new", _ctl, change);
            CommandResult ours = await overSocket.RunWithInputAsync("new", _ctl, ["--socket", WebSite.SocketOf(overSocket.Server), .. change]);
            Assert.True(ours.ExitCode == 0, $"{shown}: {ours.Errors}");
            Assert.True(theirs.ExitCode == 0, $"{shown}: {theirs.Errors}");
            Assert.Equal(await DumpAsync(overBus), await DumpAsync(overSocket));
        }
    }

    [Fact]
    public async Task Requests_WithoutABus_AreApprovedAndDenied()
    {
        var client = new TestClient("machine");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("approval_delay = PT1H", "checker = true")]);

        Task<PeerOutcome> first = client.FetchAsync(site.Server);
        await site.WaitForRequestsAsync(1);
        string id = (await RequireAsync(site, "--requests")).Split('\n')[1].Split(' ')[0];
        await RequireAsync(site, "--approve-request", id);
        Assert.Equal(client.Secret, (await first).Secret);
        CommandResult again = await RunAsync(site, "--approve-request", id);
        Assert.Equal((1, $"mandos-ctl: the server says: no request with the number {id} waits for approval\n"), (again.ExitCode, again.Errors));

        Task<PeerOutcome> second = client.FetchAsync(site.Server);
        await site.WaitForRequestsAsync(1);
        await RequireAsync(site, "--deny", "machine");
        Assert.Empty((await second).Secret);
        await RequireAsync(site, "--disable", "machine");
        Assert.Equal(1, (await RunAsync(site, "--is-enabled", "machine")).ExitCode);
        await client.RequireRefusalAsync(site.Server);
    }

    [Fact]
    public async Task Tokens_MadeListedAndRevoked()
    {
        await using WebSite site = await WebSite.StartAsync([new TestClient("machine").StanzaWith("checker = true")]);

        Assert.Equal("Name Scope Created\n", await RequireAsync(site, "--tokens"));
        string token = await RequireAsync(site, "--add-token", "my phone", "--scope", "approve");
        Assert.Matches(@"\A\S{20,}\n\z", token);
        Assert.Matches(@"\AName     Scope   Created +\nmy phone approve 20\S+\n\z", await RequireAsync(site, "--tokens"));
        Assert.Equal(1, (await RunAsync(site, "--add-token", "my phone", "--scope", "read")).ExitCode);
        await RequireAsync(site, "--revoke-token", "my phone");
        Assert.Equal("Name Scope Created\n", await RequireAsync(site, "--tokens"));
        CommandResult again = await RunAsync(site, "--revoke-token", "my phone");
        Assert.Equal((1, "mandos-ctl: the server says: there is no token named “my phone”\n"), (again.ExitCode, again.Errors));
    }

    [Fact]
    public async Task Changes_OfThousandsOfClients_ReachEachOfThem()
    {
        const int Count = 3000;
        string stanzas = string.Join('\n', Enumerable.Range(0, Count).Select(static i => $"[c{i:00000}]\nkey_id = {i:x64}"));
        await using WebSite site = await WebSite.StartAsync(["[DEFAULT]\nchecker = true\ninterval = P10D\nsecret = c2VjcmV0\n" + stanzas]);

        await RequireAsync(site, "--timeout=PT7M", "--disable", "--all");

        string[] lines = (await RequireAsync(site)).TrimEnd('\n').Split('\n');
        Assert.Equal(Count + 1, lines.Length);
        Assert.All(lines.Skip(1), static line => Assert.Matches("^c[0-9]{5} No +00:07:00 ", line));
    }

    [Fact]
    public async Task Debug_OfASecret_ShowsItsLengthAlone()
    {
        await using WebSite site = await WebSite.StartAsync([new TestClient("zoo").StanzaWith("checker = true")]);

        CommandResult result = await Command.RunAsync(
            Command.Describe(_ctl, ["--socket", site.Socket, "--debug", "--secret", "-", "zoo"]), "topmost");

        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Matches("HTTP: POST /api/v1/clients/zoo/secret\\?id=[0-9]+ Secret, 7 bytes\n", result.Errors);
        Assert.DoesNotContain("topmost", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nonexistent", "No such file or directory")]
    [InlineData("/dev/null", "Connection refused")]
    public async Task Errors_WithoutServer_AreOneLine(string socket, string reason)
    {
        CommandResult result = await Command.RunAsync(_ctl, "--socket", socket);

        Assert.Equal((1, $"mandos-ctl: cannot connect to {socket}: {reason}\n"), (result.ExitCode, result.Errors));
    }

    /// <summary>A server on a bus and at a socket.</summary>
    private static async Task<ServerOnBus> StartWithBothAsync(params string[] stanzas)
    {
        DBusDaemon bus = await DBusDaemon.StartAsync();
        var server = new TestServer("--debug") { Bus = bus };
        await WebSite.ChooseAsync(server);
        ServerOnBus scene = await ServerOnBus.StartAsync(bus, server, stanzas);
        await server.Log.WaitForAsync("INFO", $"WebControl: At socket {WebSite.SocketOf(server)}");
        return scene;
    }

    private static Task<CommandResult> RunAsync(WebSite site, params string[] arguments)
        => Command.RunAsync(_ctl, ["--socket", site.Socket, .. arguments]);

    private static Task<string> RequireAsync(WebSite site, params string[] arguments)
        => Command.RequireAsync(_ctl, ["--socket", site.Socket, .. arguments]);

    /// <summary>All clients by name, without times.</summary>
    private static async Task<string[]> DumpAsync(ServerOnBus scene)
    {
        using var clients = JsonDocument.Parse(await scene.RequireAsync(_ctl, "-j"));
        return [.. clients.RootElement.EnumerateObject().Select(static client => Times().Replace(client.ToString(), "(time)")).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")]
    private static partial Regex Times();
}
