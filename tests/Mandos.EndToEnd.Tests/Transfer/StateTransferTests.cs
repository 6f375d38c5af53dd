using System.Globalization;
using System.Text.Json.Nodes;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Transfer;

/// <summary>State that moves from one store to another, and back, with the real stores.</summary>
public sealed class StateTransferTests : IDisposable
{
    private const string KeyId = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";

    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    private readonly TemporaryDirectory _files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Sqlite_AllKindsOfClients_ComeBackAsTheyWere()
    {
        await using var server = new TestServer();
        string file = await WriteAsync("all", [.. Kinds(), Added()]);

        CommandResult import = await RunAsync(server, "--import-state", file);
        CommandResult export = await RunAsync(server, "--export-state", PathOf("again"));

        Assert.Equal((0, ""), (import.ExitCode, import.Errors));
        Assert.Equal(
            $"{file}: 7 clients imported into store sqlite\n"
            + $"{file}: note: 1 client among them added by commands: before the server starts, put server.key of the server that they come from in {server.StateDirectory}, or they get no secret\n",
            import.Output);
        Assert.Equal((0, ""), (export.ExitCode, export.Errors));
        AssertEqual(await ReadAsync("all"), await ReadAsync("again"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("again")));
        Assert.Equal(["again", "all"], Directory.GetFiles(_files.FullName).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task SqliteToPostgresAndBack_AllKindsOfClients_AreAsTheyWere()
    {
        await using SharedSite site = await SharedSite.StartAsync();
        await using var single = new TestServer();
        await using var shared = new TestServer();
        await using var back = new TestServer();
        await SharedSite.UseAsync(shared, site.Database);

        await RequireAsync(single, "--import-state", await WriteAsync("first", Kinds()));
        await RequireAsync(single, "--export-state", PathOf("sqlite"));
        Assert.Contains("6 clients imported into store postgres", await RequireAsync(shared, "--import-state", PathOf("sqlite")), StringComparison.Ordinal);
        await RequireAsync(shared, "--export-state", PathOf("postgres"));
        await RequireAsync(back, "--import-state", PathOf("postgres"));
        await RequireAsync(back, "--export-state", PathOf("back"));

        AssertSame(await ReadAsync("sqlite"), await ReadAsync("back"));
        Assert.Equal("0", await site.Database.QueryAsync("SELECT count(*) FROM mandos.server", TestKit.Daemons.MandosDatabase.Name));
    }

    [Fact]
    public async Task RealServers_MoveToPostgresAndBack_DecideAsBefore()
    {
        await using SharedSite site = await SharedSite.StartAsync();
        TestClient[] clients = [.. ((string[])["stays", "disabled", "denied", "removed", "changed", "secret"]).Select(static name => new TestClient(name))];
        string[] stanzas = [.. clients.Select(client => client.StanzaWith(
            client.Name is "denied" ? "approval_duration = PT1H" : "", "interval = P10D", "timeout = P20D"))];
        byte[] secret = [0xCB, 193, 249, .. new byte[697]];
        await using (ServerOnBus first = await ServerOnBus.StartAsync(stanzas))
        {
            await first.RequireAsync(_ctl, "--disable", "disabled");
            await first.RequireAsync(_ctl, "--deny", "denied");
            await first.RequireAsync(_ctl, "--remove", "removed");
            await first.RequireAsync(_ctl, "--host", "elsewhere", "changed");
            string file = Path.Combine(_files.FullName, "secret");
            await File.WriteAllBytesAsync(file, secret, Cancellation);
            await first.RequireAsync(_ctl, "--secret", file, "secret");
            await CheckAsync(first, clients, secret);

            CommandResult running = await RunAsync(first.Server, "--export-state", PathOf("running"));
            Assert.Equal((1, ""), (running.ExitCode, running.Output));
            Assert.Matches(@"\Amandos: .*clients\.db.*\n\z", running.Errors);
            Assert.False(File.Exists(PathOf("running")));

            await first.Server.StopAsync();
            await RequireAsync(first.Server, "--export-state", PathOf("single"));
        }

        ServerOnBus a = await site.PrepareAsync("a", stanzas, server => RequireAsync(server, "--import-state", PathOf("single")));
        await CheckAsync(a, clients, secret);

        CommandResult used = await RunAsync(a.Server, "--export-state", PathOf("used"));
        Assert.Equal((1, "mandos: server a uses the store, or has until 12.5 s ago; stop it first\n"), (used.ExitCode, used.Errors));
        await CheckAsync(a, clients, secret); // it was not fenced off
        await a.Server.StopAsync();
        await RequireAsync(a.Server, "--export-state", PathOf("shared"));

        TestKit.Daemons.DBusDaemon bus = await TestKit.Daemons.DBusDaemon.StartAsync();
        var last = new TestServer("--debug") { Bus = bus };
        await RequireAsync(last, "--import-state", PathOf("shared"));
        await using ServerOnBus back = await ServerOnBus.StartAsync(bus, last, stanzas);
        await CheckAsync(back, clients, secret);
    }

    [Fact]
    public async Task Import_StoreThatIsNotEmpty_NeedsToBeTold()
    {
        await using var server = new TestServer();
        string all = await WriteAsync("all", Kinds());
        string one = await WriteAsync("one", [Kinds()[1]]);
        await RequireAsync(server, "--import-state", all);

        CommandResult refused = await RunAsync(server, "--import-state", one);

        Assert.Equal(
            (1, "mandos: the store has 6 clients already; with --replace they are replaced by those of the file\n"), (refused.ExitCode, refused.Errors));
        await RequireAsync(server, "--export-state", PathOf("still"));
        AssertEqual(await ReadAsync("all"), await ReadAsync("still"));
        await RequireAsync(server, "--import-state", one, "--replace");
        await RequireAsync(server, "--export-state", PathOf("replaced"));
        AssertEqual(await ReadAsync("one"), await ReadAsync("replaced"));
    }

    [Fact]
    public async Task Import_IntoSharedStore_RefusesAddedClientsAndASecondTime()
    {
        await using SharedSite site = await SharedSite.StartAsync();
        await using var server = new TestServer();
        await SharedSite.UseAsync(server, site.Database);

        CommandResult added = await RunAsync(server, "--import-state", await WriteAsync("added", [.. Kinds(), Added()]));
        Assert.Equal(1, added.ExitCode);
        Assert.StartsWith("mandos: client “added” was added by a command, and servers that share their state take their clients from the files alone", added.Errors, StringComparison.Ordinal);
        Assert.Equal("0", await site.Database.QueryAsync("SELECT count(*) FROM mandos.client", TestKit.Daemons.MandosDatabase.Name));

        await RequireAsync(server, "--import-state", await WriteAsync("kinds", Kinds()));
        CommandResult again = await RunAsync(server, "--import-state", PathOf("kinds"), "--replace");
        Assert.Equal(
            (1, "mandos: the store has 6 clients already, and a shared store is filled only while it is empty; make its tables again\n"),
            (again.ExitCode, again.Errors));
        await site.Database.KillAsync();
        CommandResult dead = await RunAsync(server, "--export-state", PathOf("dead"));
        Assert.Equal(1, dead.ExitCode);
        Assert.Single(dead.Errors.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(PathOf("dead")));
    }

    [Fact]
    public async Task Import_BadInput_IsOneLineAndChangesNothing()
    {
        await using var server = new TestServer();
        string good = await File.ReadAllTextAsync(await WriteAsync("good", Kinds()), Cancellation);
        foreach ((string name, string text, string expected) in ((string, string, string)[])
            [
                ("half", good[..(good.Length / 2)], "mandos: line "),
                ("status", good.Replace("\"last_checker_status\": 7", "\"last_checker_status\": 700", StringComparison.Ordinal), "mandos: clients[2] (“enabled”): last_checker_status"),
                ("empty", "", "mandos: line 1, "),
            ])
        {
            await File.WriteAllTextAsync(PathOf(name), text, Cancellation);
            CommandResult result = await RunAsync(server, "--import-state", PathOf(name));
            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith(expected, result.Errors, StringComparison.Ordinal);
            Assert.Single(result.Errors.TrimEnd('\n').Split('\n'));
        }

        CommandResult absent = await RunAsync(server, "--import-state", PathOf("absent"));
        Assert.Equal(1, absent.ExitCode);
        Assert.StartsWith($"mandos: {PathOf("absent")}: ", absent.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(server.StateDirectory, "clients.db"));
        CommandResult unwritable = await RunAsync(server, "--export-state", PathOf("no/such/directory"));
        Assert.Equal(1, unwritable.ExitCode);
        Assert.Single(unwritable.Errors.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Export_NoStateDirectory_IsAnError()
    {
        CommandResult result = await Command.RunAsync(Repository.Server, "--export-state", PathOf("x"), "--statedir", PathOf("nowhere"), "--configdir", _files.FullName);

        Assert.Equal((1, $"mandos: {PathOf("nowhere")}: there is no such state directory; --statedir names another one\n"), (result.ExitCode, result.Errors));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_files.FullName));
    }

    /// <summary>Clients of all kinds that a shared store keeps.</summary>
    private static JsonObject[] Kinds()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return
        [
            Client("denied", client => client["denied_until"] = now.AddHours(1)),
            Client("disabled", client => client["state"]!["enabled"] = false),
            Client("enabled", client =>
            {
                JsonNode state = client["state"]!;
                state["last_enabled"] = now.AddDays(-1);
                state["expires"] = now.AddHours(2);
                state["last_checked_ok"] = now.AddMinutes(-3);
                state["last_checker_status"] = 7;
                state["settings"]!["timeout"] = "1.02:03:04.5670000";
                state["settings"]!["host"] = "höst €";
                client["encrypted_secret"] = Convert.ToBase64String([0, 1, 255]);
            }),
            Client("enabled", client =>
            {
                client["former_keys"] = KeyId.Replace('0', '1');
                client["left_at"] = now.AddDays(-2);
                client["state"]!["enabled"] = false;
            }),
            Client("left", client => client["left_at"] = now.AddDays(-3)),
            Client("removed", client =>
            {
                client.Remove("state");
                client["removed"] = true;
            }),
        ];
    }

    /// <summary>A client that a command added.</summary>
    private static JsonObject Added() => Client("added", client =>
    {
        client["state"]!["added"] = true;
        foreach (JsonNode settings in (JsonNode[])[client["state"]!["settings"]!, client["file"]!["settings"]!])
        {
            settings["approve_all"] = true;
            settings["options"] = new JsonObject { ["ssh_user"] = "ü" };
        }

        client["encrypted_secret"] = "AAEC";
    });

    private static JsonObject Client(string name, Action<JsonObject> change)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var client = new JsonObject
        {
            ["name"] = name,
            ["removed"] = false,
            ["state"] = new JsonObject
            {
                ["enabled"] = true,
                ["added"] = false,
                ["created"] = now.AddDays(-9),
                ["last_checker_status"] = 0,
                ["settings"] = Settings(),
            },
            ["file"] = new JsonObject { ["enabled"] = true, ["settings"] = Settings() },
            ["saved_at"] = now,
        };
        change(client);
        return client;

        JsonObject Settings() => new()
        {
            ["key_id"] = KeyId,
            ["host"] = "",
            ["checker"] = "true",
            ["extended_timeout"] = "00:15:00",
            ["approval_delay"] = "00:00:00",
            ["approval_duration"] = "00:00:01",
            ["approved_by_default"] = true,
            ["timeout"] = "00:05:00",
            ["interval"] = "00:02:00",
            ["location"] = name,
            ["when_cut_off"] = "refuse",
            ["anomaly"] = "log",
        };
    }

    /// <summary>What each client gets, or not.</summary>
    private static async Task CheckAsync(ServerOnBus server, TestClient[] clients, byte[] secret)
    {
        foreach (TestClient client in clients)
        {
            byte[] expected = client.Name switch
            {
                "disabled" or "denied" or "removed" => [],
                "secret" => secret,
                _ => client.Secret,
            };
            byte[] received = (await client.FetchAsync(server.Server)).Secret;
            Assert.True(expected.AsSpan().SequenceEqual(received), $"{client.Name} did not get what it should");
        }

        Assert.Contains("elsewhere", await server.RequireAsync(_ctl, "--verbose", "changed"), StringComparison.Ordinal);
    }

    /// <summary>Compares what went through the shared store: that keeps neither when it was saved nor the last request, and keeps times by its own clock.</summary>
    private static void AssertSame(JsonObject[] expected, JsonObject[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach ((JsonObject one, JsonObject other) in expected.Zip(actual))
        {
            foreach (string time in (string[])["denied_until", "state.expires", "state.last_checked_ok"])
            {
                Assert.Equal(0, (Take(one, time) - Take(other, time)).TotalSeconds, tolerance: 2);
            }

            foreach (JsonObject client in (JsonObject[])[one, other])
            {
                client.Remove("saved_at");
                (client["state"] as JsonObject)?.Remove("last_approval_request");
            }

            Assert.Equal(one.ToJsonString(), other.ToJsonString());
        }
    }

    private static void AssertEqual(JsonObject[] expected, JsonObject[] actual)
        => Assert.Equal(expected.Select(static client => client.ToJsonString()), actual.Select(static client => client.ToJsonString()));

    private static DateTimeOffset Take(JsonObject client, string path)
    {
        string[] parts = path.Split('.');
        JsonObject? place = parts.Length == 1 ? client : client[parts[0]] as JsonObject;
        DateTimeOffset time = place?[parts[^1]] is { } value ? DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture) : default;
        place?.Remove(parts[^1]);
        return time;
    }

    private static async Task<CommandResult> RunAsync(TestServer server, params string[] arguments)
    {
        await Account.GiveAsync(server.Owner, server.ConfigDirectory, server.StateDirectory);
        return await Command.RunAsync(
            Repository.Server, [.. arguments, "--configdir", server.ConfigDirectory, "--statedir", server.StateDirectory]);
    }

    private static async Task<string> RequireAsync(TestServer server, params string[] arguments)
    {
        CommandResult result = await RunAsync(server, arguments);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result.Output;
    }

    private string PathOf(string name) => _files.PathOf(name);

    private async Task<string> WriteAsync(string name, params JsonObject[] clients)
    {
        var document = new JsonObject
        {
            ["format"] = "mandos-state",
            ["version"] = 1,
            ["written"] = TimeProvider.System.GetUtcNow(),
            ["clients"] = new JsonArray([.. clients]),
        };
        await File.WriteAllTextAsync(PathOf(name), document.ToJsonString(new() { WriteIndented = true }), Cancellation);
        return PathOf(name);
    }

    /// <summary>The clients in order of their names, with their members in order, too.</summary>
    private async Task<JsonObject[]> ReadAsync(string name)
    {
        JsonNode document = JsonNode.Parse(await File.ReadAllTextAsync(PathOf(name), Cancellation))!;
        return [.. document["clients"]!.AsArray().Select(static client => (JsonObject)Sort(client!)).OrderBy(static client => client.ToJsonString(), StringComparer.Ordinal)];
    }

    private static JsonNode Sort(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(static member => member.Key, StringComparer.Ordinal)
            .Select(static member => KeyValuePair.Create(member.Key, member.Value is null ? null : (JsonNode?)Sort(member.Value)))),
        JsonValue value when value.TryGetValue(out DateTimeOffset time) => JsonValue.Create(time.ToString("O", CultureInfo.InvariantCulture)),
        _ => node.DeepClone(),
    };
}
