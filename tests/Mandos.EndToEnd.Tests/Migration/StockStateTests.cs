using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Migration;

/// <summary>What happened while Debian's server ran is taken over at the first start of ours.</summary>
public sealed class StockStateTests(ClientKeys keys) : IDisposable
{
    private const int Clients = 1000;

    /// <summary>How many of them are checked if they are of a kind for that: Debian's server takes long to start a check with that number of clients.</summary>
    private const int Checked = 100;

    // A check that starts by itself would change what is compared. Expiry comes after the first check and an interval, so it stays.
    private const string Defaults = """
        [DEFAULT]
        checker = true
        interval = P10D
        timeout = P30D
        """;

    private static readonly Kind[] _kinds =
    [
        new("untouched"),
        new("disabled", ("Enabled", "false")),
        new("timeouts", ("Timeout", "uint64 3628800000"), ("ExtendedTimeout", "uint64 1234567"), ("Interval", "uint64 777600000")),
        new("secret"),
        new("removed"),
        new("commands", ("Host", "'elsewhere.example'"), ("Checker", "'test -n %(host)s'")),
        new("approval", ("ApprovalDelay", "uint64 30000"), ("ApprovalDuration", "uint64 5000"), ("ApprovedByDefault", "false")),
        new("checked", ("LastCheckedOK", "''")),
        new("off") { Options = ["enabled = False"] },
        new("enabled", ("Enabled", "true")) { Options = ["enabled = False"] },
        new("failing", ("CheckerRunning", "true")) { Options = ["checker = exit 7"] },
        new("killed", ("CheckerRunning", "true")) { Options = ["checker = kill -9 $$"] },
        new("passing", ("CheckerRunning", "true")),
        new("expired", ("Timeout", "uint64 1")),
        new("edited", ("Host", "'at-run-time'"), ("Timeout", "uint64 3628800000")) { Options = ["host = in-the-file"] },
        new("gone", ("Host", "'at-run-time'")),
        new("denied") { Options = ["approval_duration = P1D"] },
        new("turned-off", ("Host", "'at-run-time'")),
        new("new-secret"),
        new("unicode", ("Host", "'sn\u00f6.example'")),
    ];

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_AThousandClientsInEveryState_AllIsTakenOver()
    {
        await using var bus = await DBusDaemon.StartAsync();
        Dictionary<string, TestClient> machines = _kinds.ToDictionary(kind => kind.Name, kind => new TestClient($"{kind.Name}.0"));
        var setSecret = RandomNumberGenerator.GetBytes(900);
        await using var stock = new TestServer("--foreground")
        {
            Bus = bus,
            Program = Repository.StockServer,
            Wrapper = FasterGpg(),
        };
        stock.AddClient(Defaults);
        for (var i = 0; i < Clients; i++)
        {
            var kind = _kinds[i % _kinds.Length];
            stock.AddClient(i < _kinds.Length
                ? machines[kind.Name].StanzaWith([$"fingerprint = {RandomHex(20)}", .. kind.Options])
                : string.Join('\n',
                    [$"[{kind.Name}.{i}]", $"key_id = {RandomHex(32)}", $"fingerprint = {RandomHex(20)}", "secret = c2VjcmV0", .. kind.Options]));
        }

        JsonNode before;
        await using (var peer = await BusPeer.ConnectAsync(bus))
        {
            await stock.StartAsync();
            await peer.WaitForServerAsync(stock);
            for (var i = 0; i < Clients; i++)
            {
                await ChangeAsync(peer, _kinds[i % _kinds.Length], i, setSecret);
            }

            before = await DumpAsync(bus);
        }

        await EndAsync(stock);
        var pickle = Path.Combine(stock.StateDirectory, "clients.pickle");
        await CheckAsync(pickle, isPython2: false);
        var python2 = _directory.PathOf("python2");
        await Command.RequireAsync("/usr/bin/python3", Path.Combine(AppContext.BaseDirectory, "python2_pickle.py"), pickle, python2);
        await CheckAsync(python2, isPython2: true);

        async Task CheckAsync(string state, bool isPython2)
        {
            var expected = before.DeepClone().AsObject();
            var clients = await File.ReadAllTextAsync(stock.ClientsFile, Cancellation);
            foreach (var name in expected.Select(client => client.Key).ToArray())
            {
                Edit(ref clients, name, expected);
            }

            await using var ours = new TestServer("--debug") { Bus = bus };
            await File.WriteAllTextAsync(ours.ClientsFile, clients, Cancellation);
            var imported = Path.Combine(ours.StateDirectory, "clients.pickle");
            File.Copy(state, imported);
            File.SetUnixFileMode(imported, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await using var peer = await BusPeer.ConnectAsync(bus);
            await ours.StartAsync();
            await peer.WaitForServerAsync(ours);

            var after = (await DumpAsync(bus)).AsObject();
            Assert.Equal(expected.Select(client => client.Key).Order(), after.Select(client => client.Key).Order());
            foreach (var (name, client) in expected)
            {
                Postpone(client!, after[name]!);
                Assert.True(JsonNode.DeepEquals(client, after[name]), $"Python 2: {isPython2}\nexpected: {client}\nis: {after[name]}");
            }

            Assert.True(File.Exists($"{imported}.imported"));
            await ours.Log.WaitForAsync("WARNING", "is gone from the configuration");
            await machines["untouched"].RequireSecretAsync(ours);
            await machines["secret"].RequireSecretAsync(ours, setSecret);
            await machines["new-secret"].RequireSecretAsync(ours, _newSecret);
            await machines["enabled"].RequireSecretAsync(ours);
            foreach (var kind in new[] { "disabled", "removed", "off", "expired", "gone", "turned-off" })
            {
                await machines[kind].RequireRefusalAsync(ours);
            }
        }
    }

    /// <summary>With gpg as it is, and Debian's mandos-client.</summary>
    [Fact]
    public async Task Start_AfterDebians_ClientsGetWhatTheyShould()
    {
        var secret = _directory.PathOf("secret");
        await File.WriteAllBytesAsync(secret, Convert.FromBase64String(
            Regex.Match(keys.Second.Stanza, @"secret =\s*(.*)", RegexOptions.Singleline).Groups[1].Value), Cancellation);
        await using var bus = await DBusDaemon.StartAsync();
        await using var server = new TestServer("--foreground") { Bus = bus, Program = Repository.StockServer };
        // The first client is given the second's blob at run time, and has the second's OpenPGP key too.
        var both = keys.First with { Directory = _directory.FullName, Password = keys.Second.Password };
        foreach (var (from, file) in new[]
            { (keys.Second, "pubkey.txt"), (keys.Second, "seckey.txt"), (keys.First, "tls-privkey.pem"), (keys.First, "tls-pubkey.pem") })
        {
            File.Copy(Path.Combine(from.Directory, file), _directory.PathOf(file));
        }

        server.AddClient(keys.First.StanzaWith("checker = true"));
        server.AddClient(keys.Second.StanzaWith("checker = true"));
        await using (var peer = await BusPeer.ConnectAsync(bus))
        {
            await server.StartAsync();
            await peer.WaitForServerAsync(server);
            await ControlAsync(bus, "--secret", secret, "first");
            await ControlAsync(bus, "--disable", "second");
        }

        await EndAsync(server);
        await using var ours = new TestServer("--debug") { Bus = bus };
        File.Copy(server.ClientsFile, ours.ClientsFile, overwrite: true);
        File.Copy(Path.Combine(server.StateDirectory, "clients.pickle"), Path.Combine(ours.StateDirectory, "clients.pickle"));

        await ours.StartAsync();

        await both.RequirePasswordAsync(ours.EndPoint);
        Assert.Contains("2 clients, 1 of them disabled, 1 with secrets set at run time", string.Join('\n', ours.Log.Lines), StringComparison.Ordinal);
        // mandos-client asks for ever, where this one sees that it gets nothing.
        await using (var peer = await BusPeer.ConnectAsync(bus))
        {
            await peer.WaitForServerAsync(ours);
            Assert.Equal("false", await peer.GetAsync("/clients/second", "Enabled"));
        }
    }

    /// <summary>Debian's server itself decides how it makes a passphrase of each of these.</summary>
    [Fact]
    public async Task Start_SecretsInTheFileOfEveryLengthAndByte_ThoseSetAtRunTimeAreTakenOver()
    {
        await using var bus = await DBusDaemon.StartAsync();
        TestClient[] machines =
        [
            .. new[] { 1, 1020, 1021, 1022, 1023, 2000, 5000 }
                .Select(length => new TestClient($"length{length}") { Secret = RandomNumberGenerator.GetBytes(length) }),
            // Each byte stands beside each of those that are written otherwise than as they are.
            .. new byte[] { 0, (byte)'\n', (byte)'\r', (byte)'\\', (byte)'n', (byte)' ' }.Select(neighbour => new TestClient($"byte{neighbour}")
            {
                Secret = [.. Enumerable.Range(0, 1024).SelectMany(value => (byte[])[(byte)value, neighbour])],
            }),
        ];
        var secret = RandomNumberGenerator.GetBytes(1180);
        await using var stock = new TestServer("--foreground") { Bus = bus, Program = Repository.StockServer, Wrapper = FasterGpg() };
        stock.AddClient(Defaults);
        foreach (var machine in machines)
        {
            stock.AddClient(machine.StanzaWith($"fingerprint = {RandomHex(20)}"));
        }

        await using (var peer = await BusPeer.ConnectAsync(bus))
        {
            await stock.StartAsync();
            await peer.WaitForServerAsync(stock);
            foreach (var machine in machines)
            {
                await SetSecretAsync(peer, $"/clients/{machine.Name}", secret);
            }
        }

        await EndAsync(stock);
        await using var ours = new TestServer("--debug") { Bus = bus };
        File.Copy(stock.ClientsFile, ours.ClientsFile, overwrite: true);
        File.Copy(Path.Combine(stock.StateDirectory, "clients.pickle"), Path.Combine(ours.StateDirectory, "clients.pickle"));

        await ours.StartAsync();

        foreach (var machine in machines)
        {
            await machine.RequireSecretAsync(ours, secret);
        }

        Assert.DoesNotContain(ours.Log.Lines, line => line.Contains("does not open", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cos\nsystem\nU", "names a class or function that does not occur")]
    [InlineData("", "it is cut short")]
    public async Task Start_HostileState_EndsWithALineAndChangesNothing(string opcodes, string problem)
    {
        var proof = _directory.PathOf("proof");
        var command = $"touch {proof}";
        byte[] state = [0x80, 2, .. Encoding.ASCII.GetBytes(opcodes), (byte)command.Length, .. Encoding.ASCII.GetBytes(command)];
        if (opcodes.Length > 0)
        {
            state = [.. state, .. "\x85R."u8];
        }
        else
        {
            state = [0x80, 2, (byte)'}'];
        }

        await using var server = new TestServer("--foreground");
        server.AddClient(new TestClient("client").StanzaWith());
        var pickle = Path.Combine(server.StateDirectory, "clients.pickle");
        await File.WriteAllBytesAsync(pickle, state, Cancellation);

        Assert.Equal(1, await server.RunToEndAsync());

        Assert.Contains(problem, Assert.Single(server.Log.Lines, line => line.Contains("clients.pickle", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.Equal(state, await File.ReadAllBytesAsync(pickle, Cancellation));
        Assert.False(File.Exists(proof));
    }

    private static readonly byte[] _newSecret = "in the file now"u8.ToArray();

    private static async Task ChangeAsync(BusPeer peer, Kind kind, int number, byte[] secret)
    {
        var path = PathOf(kind, number);
        foreach (var (property, value) in kind.Changes.Where(change => number < Checked || !StartsCheck(change.Property)))
        {
            var reply = await peer.SetAsync(path, property, value);
            Assert.True(reply.Error is null, $"{path} {property}: {reply}");
            if (StartsCheck(property))
            {
                // One check after another: Debian's server has a process of its own for each.
                await Patience.UntilAsync($"no check of {path} runs", async () => await peer.GetAsync(path, "CheckerRunning") == "false");
            }
        }

        switch (kind.Name)
        {
            case "secret" or "new-secret":
                await SetSecretAsync(peer, path, secret);
                break;
            case "removed":
                await peer.RequireAsync("/", BusPeer.ServerInterface, "RemoveClient", $"(objectpath '{path}',)");
                break;
            case "denied":
                await peer.RequireAsync(path, BusPeer.ClientInterface, "Approve", "(false,)");
                break;
        }
    }

    private static async Task SetSecretAsync(BusPeer peer, string path, byte[] secret)
    {
        var reply = await peer.SetAsync(path, "Secret", $"[byte {string.Join(", ", secret.Select(b => b.ToString(CultureInfo.InvariantCulture)))}]");
        Assert.True(reply.Error is null, $"{path}: {reply}");
    }

    private static bool StartsCheck(string property) => property is "CheckerRunning" or "Interval";

    /// <summary>The object of a client; the first of each kind is a machine of the test.</summary>
    private static string PathOf(Kind kind, int number)
        => $"/clients/{kind.Name.Replace('-', '_')}_{(number < _kinds.Length ? 0 : number)}";

    /// <summary>Changes clients.conf between the two servers, and the result to expect then.</summary>
    private static void Edit(ref string clients, string name, JsonObject expected)
    {
        var section = Regex.Match(clients, @$"^\[{Regex.Escape(name)}\]\n.*?(?=^\[|\z)", RegexOptions.Multiline | RegexOptions.Singleline);
        switch (name[..name.LastIndexOf('.')])
        {
            case "edited":
                clients = clients.Replace(
                    section.Value, section.Value.Replace("in-the-file", "edited-now", StringComparison.Ordinal), StringComparison.Ordinal);
                expected[name]!["Host"] = "edited-now";
                break;
            case "gone":
                clients = clients.Replace(section.Value, "", StringComparison.Ordinal);
                expected.Remove(name);
                break;
            case "turned-off":
                clients = clients.Replace(section.Value, $"{section.Value}enabled = False\n", StringComparison.Ordinal);
                expected[name]!["Enabled"] = false;
                expected[name]!["Expires"] = "";
                break;
            case "new-secret":
                clients = clients.Replace(
                    section.Value, Regex.Replace(section.Value, "secret = .*", $"secret = {Convert.ToBase64String(_newSecret)}"), StringComparison.Ordinal);
                break;
        }
    }

    /// <summary>A client does not expire before an interval after its first check, which comes within an interval after the start.</summary>
    private static void Postpone(JsonNode expected, JsonNode found)
    {
        // The rest of the time is measured on another clock, and the server may have to wait between its looks at the two.
        var between = TimeSpan.FromSeconds(1);
        if (Time(expected["Expires"]) is { } before && Time(found["Expires"]) is { } after && after > before - between
            && (after < before + between
                || after < TimeProvider.System.GetUtcNow().UtcDateTime + (2 * TimeSpan.FromMilliseconds((long)expected["Interval"]!))))
        {
            expected["Expires"] = (string?)found["Expires"];
        }

        static DateTime? Time(JsonNode? value) => (string?)value is { Length: > 0 } text
            ? DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
            : null;
    }

    private static async Task<JsonNode> DumpAsync(DBusDaemon bus) => JsonNode.Parse(await ControlAsync(bus, "--dump-json"))!;

    private static async Task<string> ControlAsync(DBusDaemon bus, params string[] arguments)
    {
        var start = Command.Describe("mandos-ctl", arguments);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus.Address;
        var result = await Command.RunAsync(start, input: "");
        Assert.True(result.ExitCode == 0, $"mandos-ctl: {result.Errors}");
        return result.Output;
    }

    /// <summary>Ends Debian's server, which then has gpg encrypt the secret of each client.</summary>
    private static async Task EndAsync(TestServer stock)
    {
        await stock.SignalAsync("TERM");
        var start = TimeProvider.System.GetTimestamp();
        while (!stock.HasEnded)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience.Limit * 10, "Debian's server does not end");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    // Debian's server wants both a key ID and a fingerprint.
    private static string RandomHex(int bytes) => Convert.ToHexString(RandomNumberGenerator.GetBytes(bytes));

    /// <summary>Has Debian's server call gpg so that it hashes each passphrase less often: a thousand would take minutes.</summary>
    /// <returns>What to put before the server.</returns>
    private string[] FasterGpg()
    {
        const UnixFileMode Everybody = (UnixFileMode)0b111_101_101;
        var folder = Directory.CreateDirectory(_directory.PathOf("bin"), Everybody).FullName;
        File.SetUnixFileMode(_directory.FullName, Everybody);
        foreach (var (name, line) in new[]
            { ("gpgconf", $"echo gpg:OpenPGP:{folder}/gpg"), ("gpg", "exec /usr/bin/gpg --s2k-count 65536 \"$@\"") })
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
            File.SetUnixFileMode(file, Everybody);
        }

        return ["/usr/bin/env", $"PATH={folder}:/usr/sbin:/usr/bin:/sbin:/bin"];
    }

    /// <summary>A kind of client.</summary>
    /// <param name="Name">The beginning of the clients' names.</param>
    /// <param name="Changes">Properties that are set while Debian's server runs.</param>
    private sealed record Kind(string Name, params (string Property, string Value)[] Changes)
    {
        /// <summary>Further lines of clients.conf.</summary>
        public string[] Options { get; init; } = [];
    }
}
