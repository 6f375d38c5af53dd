using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Debian's mandos-ctl does with our server what its manual page says.</summary>
/// <param name="office">The server.</param>
public sealed class MandosCtlTests(MandosCtlTests.Office office) : IClassFixture<MandosCtlTests.Office>
{
    private const string Ctl = "mandos-ctl";
    private const string Approval = "approval_delay = PT1H";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_WithoutOptions_ShowsEveryClient()
    {
        var lines = (await office.Scene.RequireAsync(Ctl)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.StartsWith("Name", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("listed ", StringComparison.Ordinal)
            && line.Contains(" Yes ", StringComparison.Ordinal) && line.Contains(" 00:08:00 ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("disabled ", StringComparison.Ordinal)
            && line.Contains(" No ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_Verbose_ShowsEverything()
    {
        var output = await office.Scene.RequireAsync(Ctl, "--verbose", "listed");

        var (heading, line) = (output.Split('\n')[0], output.Split('\n')[1]);
        foreach (var (title, value) in new[]
        {
            ("Name", "listed"), ("Enabled", "Yes"), ("Timeout", "00:08:00"), ("Interval", "10T00:00:00"),
            ("Host", "listed.example.org"), ("Key ID", office.Clients["listed"].Key.KeyId), ("Check Is Running", "No"),
            ("Approval Is Pending", "No"), ("Approved By Default", "Yes"), ("Approval Delay", "00:00:00"),
            ("Approval Duration", "00:00:01"), ("Checker", "true"), ("Extended Timeout", "00:15:00"),
            ("Last Checker Status", "-2"),
        })
        {
            var column = $"{heading} ".IndexOf($"{title} ", StringComparison.Ordinal);
            Assert.True(column >= 0, $"there is no column {title} in: {heading}");
            Assert.StartsWith(value, line[column..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DumpJson_OfClient_ShowsEverything()
    {
        var client = await DumpAsync("listed");

        Assert.Equal(20, client.EnumerateObject().Count());
        Assert.Equal("listed", client.GetProperty("Name").GetString());
        Assert.Equal("listed.example.org", client.GetProperty("Host").GetString());
        Assert.Equal(office.Clients["listed"].Key.KeyId, client.GetProperty("KeyID").GetString());
        Assert.Equal(480_000, client.GetProperty("Timeout").GetInt64());
        Assert.Equal(-2, client.GetProperty("LastCheckerStatus").GetInt32());
        Assert.True(client.GetProperty("Enabled").GetBoolean());
        Assert.False(client.GetProperty("CheckerRunning").GetBoolean());
        Assert.Equal("", client.GetProperty("LastCheckedOK").GetString());
    }

    [Fact]
    public async Task IsEnabled_OfEnabledDisabledAndUnknown_TellsByExitStatus()
    {
        Assert.Equal(0, (await office.Scene.RunAsync(Ctl, "--is-enabled", "listed")).ExitCode);
        Assert.Equal(1, (await office.Scene.RunAsync(Ctl, "--is-enabled", "disabled")).ExitCode);

        var unknown = await office.Scene.RunAsync(Ctl, "--is-enabled", "nobody");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("Client not found on server: 'nobody'", unknown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisableAndEnable_OfClient_TakeAndGiveItsSecret()
    {
        var client = office.Clients["switched"];

        await office.Scene.RequireAsync(Ctl, "--disable", client.Name);
        await client.RequireRefusalAsync(office.Scene.Server);
        Assert.Equal(1, (await office.Scene.RunAsync(Ctl, "--is-enabled", client.Name)).ExitCode);

        await office.Scene.RequireAsync(Ctl, "--enable", client.Name);
        await client.RequireSecretAsync(office.Scene.Server);
        Assert.Equal(0, (await office.Scene.RunAsync(Ctl, "--is-enabled", client.Name)).ExitCode);
    }

    [Fact]
    public async Task BumpTimeout_OfClient_CountsAsSuccessfulCheck()
    {
        Assert.Equal("", (await DumpAsync("bumped")).GetProperty("LastCheckedOK").GetString());

        await office.Scene.RequireAsync(Ctl, "--bump-timeout", "bumped");

        var client = await DumpAsync("bumped");
        Assert.NotEqual("", client.GetProperty("LastCheckedOK").GetString());
        Assert.Equal(0, client.GetProperty("LastCheckerStatus").GetInt32());
    }

    [Fact]
    public async Task StartAndStopChecker_OfClient_RunAndEndIt()
    {
        await office.Scene.RequireAsync(Ctl, "--start-checker", "checked");
        Assert.True((await DumpAsync("checked")).GetProperty("CheckerRunning").GetBoolean());

        await office.Scene.RequireAsync(Ctl, "--stop-checker", "checked");
        Assert.False((await DumpAsync("checked")).GetProperty("CheckerRunning").GetBoolean());
    }

    [Theory]
    [InlineData("--checker", "echo %(name)s", "Checker", "echo %(name)s")]
    [InlineData("--timeout", "PT7M", "Timeout", "420000")]
    [InlineData("--timeout", "1d 2h", "Timeout", "93600000")]
    [InlineData("--extended-timeout", "P1D", "ExtendedTimeout", "86400000")]
    [InlineData("--interval", "PT1H30M", "Interval", "5400000")]
    [InlineData("--approval-delay", "PT5S", "ApprovalDelay", "5000")]
    [InlineData("--approval-duration", "PT3S", "ApprovalDuration", "3000")]
    [InlineData("--host", "other.example.org", "Host", "other.example.org")]
    [InlineData("--deny-by-default", null, "ApprovedByDefault", "False")]
    [InlineData("--approve-by-default", null, "ApprovedByDefault", "True")]
    public async Task Set_OfOption_ChangesIt(string option, string? value, string property, string expected)
    {
        if (option == "--approve-by-default")
        {
            await office.Scene.RequireAsync(Ctl, "--deny-by-default", "changed");
        }

        await office.Scene.RequireAsync(Ctl, value is null ? [option, "changed"] : [option, value, "changed"]);

        Assert.Equal(expected, (await DumpAsync("changed")).GetProperty(property).ToString());
    }

    [Fact]
    public async Task Set_OfSeveralOptions_ChangesAllOfThem()
    {
        await office.Scene.RequireAsync(
            Ctl, "--timeout=PT9M", "--host=several.example.org", "--extended-timeout=P2D", "several", "both");

        foreach (var name in new[] { "several", "both" })
        {
            var client = await DumpAsync(name);
            Assert.Equal(540_000, client.GetProperty("Timeout").GetInt64());
            Assert.Equal("several.example.org", client.GetProperty("Host").GetString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Secret_FromFileOrInput_IsSentFromThenOn(bool fromInput)
    {
        var client = office.Clients["secretive"];
        var secret = fromInput ? "a secret from standard input"u8.ToArray() : "a secret from a file"u8.ToArray();
        if (fromInput)
        {
            var input = System.Text.Encoding.UTF8.GetString(secret);
            Assert.Equal(0, (await office.Scene.RunWithInputAsync(input, Ctl, "--secret", "-", client.Name)).ExitCode);
        }
        else
        {
            var file = Path.Combine(office.Scene.Server.ScratchDirectory, "secret");
            await File.WriteAllBytesAsync(file, secret, Cancellation);
            await office.Scene.RequireAsync(Ctl, "--secret", file, client.Name);
        }

        await client.RequireSecretAsync(office.Scene.Server, secret);
    }

    [Fact]
    public async Task Approve_OfWaitingClient_GivesItsSecret()
    {
        var client = office.Clients["approved"];
        var fetch = client.RequireSecretAsync(office.Scene.Server);
        await office.Scene.Peer.WaitForAsync($"/clients/approved {BusPeer.ClientInterface}.NeedApproval");
        Assert.True((await DumpAsync("approved")).GetProperty("ApprovalPending").GetBoolean());

        await office.Scene.RequireAsync(Ctl, "--approve", "approved");

        await fetch;
    }

    [Fact]
    public async Task Deny_OfWaitingClient_RefusesIt()
    {
        var client = office.Clients["denied"];
        var fetch = client.RequireRefusalAsync(office.Scene.Server);
        await office.Scene.Peer.WaitForAsync($"/clients/denied {BusPeer.ClientInterface}.NeedApproval");

        await office.Scene.RequireAsync(Ctl, "--deny", "denied");

        await fetch;
    }

    [Fact]
    public async Task Remove_OfClient_RefusesIt()
    {
        await office.Scene.RequireAsync(Ctl, "--remove", "removed");

        await office.Clients["removed"].RequireRefusalAsync(office.Scene.Server);
        Assert.DoesNotContain("removed", await office.Scene.RequireAsync(Ctl), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_WithChangeAndRemoval_TakesEveryClient()
    {
        string[] names = ["one", "two.example-org", "three"];
        await using var scene = await ServerOnBus.StartAsync(names.Select((name, i) => Office.Stanza(new(name), i)));

        await scene.RequireAsync(Ctl, "--disable", "--timeout=PT9M", "--all");
        using (var clients = JsonDocument.Parse(await scene.RequireAsync(Ctl, "--dump-json")))
        {
            Assert.Equal(names.Order(), clients.RootElement.EnumerateObject().Select(client => client.Name).Order());
            Assert.All(clients.RootElement.EnumerateObject(), client =>
            {
                Assert.False(client.Value.GetProperty("Enabled").GetBoolean());
                Assert.Equal(540_000, client.Value.GetProperty("Timeout").GetInt64());
            });
        }

        await scene.RequireAsync(Ctl, "--deny", "--remove", "--all");
        using var none = JsonDocument.Parse(await scene.RequireAsync(Ctl, "--dump-json"));
        Assert.Empty(none.RootElement.EnumerateObject());
    }

    private async Task<JsonElement> DumpAsync(string name)
    {
        using var document = JsonDocument.Parse(await office.Scene.RequireAsync(Ctl, "--dump-json", name));
        return document.RootElement.GetProperty(name).Clone();
    }

    /// <summary>A server with a client for each test.</summary>
    public sealed class Office : IAsyncLifetime
    {
        private static readonly Dictionary<string, string[]> _options = new()
        {
            ["listed"] = ["timeout = PT8M", "host = listed.example.org"],
            ["disabled"] = ["enabled = False"],
            ["switched"] = [],
            ["bumped"] = [],
            ["checked"] = ["checker = sleep 1000"],
            ["changed"] = [],
            ["several"] = [],
            ["both"] = [],
            ["secretive"] = [],
            ["approved"] = [Approval, "approved_by_default = False"],
            ["denied"] = [Approval],
            ["removed"] = [],
        };

        internal IReadOnlyDictionary<string, TestClient> Clients { get; } =
            _options.Keys.ToDictionary(name => name, name => new TestClient(name));

        internal ServerOnBus Scene { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Scene = await ServerOnBus.StartAsync(
            _options.Select((client, i) => Stanza(Clients[client.Key], i, client.Value)));

        public ValueTask DisposeAsync() => Scene.DisposeAsync();

        // Without a checker of its own a client's check succeeds; the first one starts after a random part of the interval.
        internal static string Stanza(TestClient client, int number, params string[] options)
        {
            var given = options.Any(option => option.StartsWith("checker", StringComparison.Ordinal));
            string[] checker = given ? [] : ["checker = true"];
            return client.StanzaWith([$"fingerprint = {number:D40}", "interval = P10D", .. checker, .. options]);
        }
    }
}
