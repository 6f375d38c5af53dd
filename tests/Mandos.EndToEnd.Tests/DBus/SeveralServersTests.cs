using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>What a person sees of several servers, and waits for.</summary>
public sealed class SeveralServersTests
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    private readonly TestClient _client = new("client");
    private readonly TestClient _second = new("second");

    [Fact]
    public async Task Servers_OfTwo_AreListedAtEach()
    {
        await using SharedSite site = await SharedSite.StartTwoAsync(_client.StanzaWith());
        await WaitForAsync(site.A, "a +Yes", "b +No");

        CommandResult listing = await site.B.RunAsync(_ctl, "--servers");

        string[] lines = listing.Output.TrimEnd('\n').Split('\n');
        Assert.Equal((3, ""), (lines.Length, listing.Errors));
        Assert.Matches("^Name This Since +Revision Behind Last Sync +Permission Files *$", lines[0]);
        Assert.Matches(@"^a    No   20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d \d+ +0 +\d\.\d s ago +\d+\.\d s +[0-9a-f]{12} *$", lines[1]);
        Assert.Matches("^b    Yes ", lines[2]);
    }

    [Fact]
    public async Task Servers_OtherFilesAndOneThatHangs_AreSaid()
    {
        await using SharedSite site = await SharedSite.StartAsync();
        await site.AddAsync("a", _client.StanzaWith());
        await site.AddAsync("b", _client.StanzaWith("host = elsewhere"));
        await WaitForAsync(site.A, "b +No .* differ");
        await site.B.Server.SignalAsync("STOP");
        await WaitForAsync(site.A, "b +No .* none +[0-9a-f]{12} differ");

        CommandResult listing = await site.A.RunAsync(_ctl, "--servers");

        Assert.Equal(0, listing.ExitCode);
        Assert.Contains("mandos-ctl: warning: server b has made no sync for ", listing.Errors, StringComparison.Ordinal);
        Assert.Contains("mandos-ctl: warning: the clients in this server's files differ from those of: b\n", listing.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "mandos-ctl: the server says: this server shares its state with no other; mandos-plugins.yaml(5) tells how several do\n")]
    [InlineData(true, "mandos-ctl: this server knows of no others: it is Debian's, or an older one\n")]
    public async Task Servers_OfOneThatSharesNothing_IsAnErrorOfOneLine(bool stock, string expected)
    {
        await using var scene = await ServerOnBus.StartAsync(
            stock, _client.StanzaWith("fingerprint = 7788998877889988778899887788998877889988"));

        CommandResult listing = await scene.RunAsync(_ctl, "--servers");

        Assert.Equal((1, "", expected), (listing.ExitCode, listing.Output, listing.Errors));
    }

    [Fact]
    public async Task Disable_AllAlive_HoldsAtBothWhenItIsDone()
    {
        await using SharedSite site = await SharedSite.StartTwoAsync(_client.StanzaWith());
        await _client.RequireSecretAsync(site.B.Server);

        CommandResult disable = await site.A.RunAsync(_ctl, "--disable", "client");

        Assert.Equal((0, ""), (disable.ExitCode, disable.Output));
        await _client.RequireRefusalAsync(site.B.Server);
        Assert.Equal(1, (await site.B.RunAsync(_ctl, "--is-enabled", "client")).ExitCode);
    }

    [Fact]
    public async Task Disable_OtherServerHangs_WaitsAndSaysForWhom()
    {
        await using SharedSite site = await SharedSite.StartTwoAsync(_client.StanzaWith(), _second.StanzaWith());
        await WaitForAsync(site.A, "b +No");
        await site.B.Server.SignalAsync("STOP");

        CommandResult disable = await site.A.RunAsync(_ctl, "--disable", "--all");

        Assert.Equal((0, ""), (disable.ExitCode, disable.Output));
        string line = Assert.Single(disable.Errors.TrimEnd('\n').Split('\n'));
        Assert.Matches(@"^mandos-ctl: waiting for servers? (a, )?b to confirm; at most 1?\d\.\d s$", line);

        // It held all the time: b had no permission any more when it went on
        await site.B.Server.SignalAsync("CONT");
        Assert.Empty((await _client.FetchAsync(site.B.Server)).Secret);
        await _second.RequireRefusalAsync(site.A.Server);
    }

    [Theory]
    [InlineData("--disable")]
    [InlineData("--remove")]
    [InlineData("--deny")]
    [InlineData("--secret=-")]
    public async Task Command_StoreHangs_SaysSoAndFails(string option)
    {
        await using SharedSite site = await SharedSite.StartTwoAsync(_client.StanzaWith());
        await WaitForAsync(site.A, "b +No");
        await site.Database.FreezeAsync();

        CommandResult command = await site.A.RunWithInputAsync("new", _ctl, option, "client");

        await site.Database.ThawAsync();
        Assert.Equal(1, command.ExitCode);
        string[] lines = command.Errors.TrimEnd('\n').Split('\n');
        Assert.Matches("^mandos-ctl: waiting for the shared store, which has not answered for [0-9]+ s$", lines[0]);
        Assert.Matches("^mandos-ctl: client client: the server says: the change is not sure to hold at every server: ", lines[^1]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task Disable_ByAnotherProgramAndStoreHangs_IsAnErrorToo()
    {
        await using SharedSite site = await SharedSite.StartTwoAsync(_client.StanzaWith());
        await WaitForAsync(site.A, "b +No");
        await site.Database.FreezeAsync();

        CommandResult command = await site.A.RunAsync(
            "busctl", "--address", site.A.Bus.Address, "call", "se.recompile.Mandos", "/clients/client", "se.recompile.Mandos.Client", "Disable");

        await site.Database.ThawAsync();
        Assert.NotEqual(0, command.ExitCode);
        Assert.Contains("not sure to hold at every server", command.Errors, StringComparison.Ordinal);
    }

    /// <summary>Waits until a server lists what it has to list.</summary>
    /// <param name="server">The server.</param>
    /// <param name="patterns">Patterns of lines.</param>
    private static Task WaitForAsync(ServerOnBus server, params string[] patterns) => Patience.UntilAsync("the servers know each other", async () =>
    {
        CommandResult listing = await server.RunAsync(_ctl, "--servers");
        return Array.TrueForAll(patterns, pattern => System.Text.RegularExpressions.Regex.IsMatch(
            listing.Output, "^" + pattern, System.Text.RegularExpressions.RegexOptions.Multiline));
    });
}
