using System.Net;
using System.Net.Sockets;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>Everything that keeps the server from starting is said in clear lines, at once, and nothing else is.</summary>
public sealed class BadInputTests
{
    private const int CannotStart = 1;
    private const int BadUsage = 2;
    private const int Misconfigured = 78;

    private const string KeyId = "key_id = 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
    private const string Secret = "secret = c2VjcmV0";
    private const string NoDuration = "is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h";

    /// <summary>A faulty clients.conf, and what is said of it; $ stands for the file.</summary>
    public static TheoryData<string, string[]> ClientFiles => new()
    {
        {
            $"[client]\n{KeyId}\n{Secret}\nnonsense\n",
            ["$:4: is neither [section] nor name = value; indent it if it continues the value above"]
        },
        { $"[client]\n{KeyId}\n{Secret}\ninterval = never\n", [$"$:4: interval: \"never\" {NoDuration}"] },
        {
            $"[client]\n{KeyId}\nsecret = c2VjcmV0a\n",
            ["$:3: secret: is not valid base64; paste what mandos-keygen --password printed, every line indented"]
        },
        {
            $"[client]\n{KeyId}\nsecfile = /nonexistent/file\n",
            ["$:3: secfile: \"/nonexistent/file\" cannot be read: no such file"]
        },
        {
            $"[one]\n{KeyId}\n{Secret}\n[two]\n{KeyId}\n{Secret}\n",
            ["$:5: key_id: is that of client [one] too, at $:2; each client needs its own"]
        },
        {
            $"[one]\n{KeyId}\ntimeout = x\n[two]\n{Secret}\ninterval = x\n",
            [
                "$:1: client [one] has neither secret nor secfile; it needs one",
                $"$:3: timeout: \"x\" {NoDuration}",
                $"$:6: interval: \"x\" {NoDuration}",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(ClientFiles))]
    public async Task Start_WithFaultyClientFile_SaysEachFault(string clients, string[] faults)
    {
        await using var server = new TestServer("--foreground");
        await File.WriteAllTextAsync(server.ClientsFile, clients, TestContext.Current.CancellationToken);

        var lines = faults.Select(fault => fault.Replace("$", server.ClientsFile, StringComparison.Ordinal));
        await RequireAsync(server, clients.Contains("/nonexistent", StringComparison.Ordinal) ? CannotStart : Misconfigured, lines);
    }

    [Fact]
    public async Task Start_WithUnreadableClientFile_SaysSo()
    {
        await using var server = new TestServer("--foreground");
        File.Delete(server.ClientsFile);
        Directory.CreateDirectory(server.ClientsFile);

        await RequireAsync(server, CannotStart, [$"{server.ClientsFile}: cannot be read: it is a directory"]);
    }

    [Fact]
    public async Task Start_WithoutClientFile_ServesNobody()
    {
        await using var server = new TestServer("--foreground");
        File.Delete(server.ClientsFile);

        await server.StartAsync();

        await server.Log.WaitForAsync("WARNING", "No clients defined");
        await new TestClient("nobody").RequireRefusalAsync(server);
    }

    [Fact]
    public async Task Start_WithFaultyServerFile_SaysEachFault()
    {
        await using var server = new TestServer("--foreground");
        await server.ConfigureAsync("use_ipv6 = perhaps", "max_connections = 0");
        var file = Path.Combine(server.ConfigDirectory, "mandos.conf");

        await RequireAsync(server, Misconfigured,
        [
            $"{file}:2: use_ipv6: \"perhaps\" is no boolean; use 1, yes, true, on, 0, no, false or off",
            $"{file}:3: max_connections: \"0\" is not a limit; use a number from 1 to {int.MaxValue}",
        ]);
    }

    [Fact]
    public async Task Start_OnDamagedState_RefusesAndSaysHowToGoOn()
    {
        await using var server = new TestServer("--foreground");
        var client = new TestClient("client");
        server.AddClient(client.StanzaWith("checker = true"));
        await server.StartAsync();
        await client.RequireSecretAsync(server);
        await server.StopAsync();
        var state = Path.Combine(server.StateDirectory, "clients.db");
        await File.WriteAllTextAsync(state, "This was a database.", TestContext.Current.CancellationToken);

        Assert.Equal(CannotStart, await server.RunToEndAsync());

        var line = Assert.Single(server.Log.Lines);
        Assert.StartsWith($"mandos: {state}: it is damaged: ", line, StringComparison.Ordinal);
        Assert.Contains("restore a backup", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnPortInUse_SaysSo()
    {
        await using var server = new TestServer("--foreground");
        using var occupant = new TcpListener(server.EndPoint);
        occupant.Start();

        await RequireAsync(server, CannotStart,
            [$"cannot listen on {server.EndPoint}: the port is in use by another program; stop that or choose another port"]);
    }

    [Fact]
    public async Task Start_WithAddressOfAnotherMachine_SaysSo()
    {
        await using var server = new TestServer("--foreground")
        {
            EndPoint = new(IPAddress.Parse("2001:db8::1"), FreePort.Find()),
        };

        Assert.Equal(CannotStart, await server.RunToEndAsync());

        var line = Assert.Single(server.Log.Lines);
        Assert.StartsWith($"mandos: cannot listen on {server.EndPoint}: ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutPlugins_SaysWhatIsMissing()
    {
        await using var server = new TestServer("--foreground", "--plugindir", "/nonexistent");

        await RequireAsync(server, CannotStart, ["there is no TLS back end, because there is no plugin directory /nonexistent"]);
    }

    [Theory]
    [InlineData("--nonsense", "unrecognized argument: --nonsense")]
    [InlineData("--port=many", "--port: \"many\" is not a port; use a number from 0 to 65535, where 0 lets the kernel choose")]
    [InlineData("--debuglevel=LOUD", "--debuglevel: \"LOUD\" is no level; use CRITICAL, ERROR, WARNING, INFO or DEBUG")]
    public async Task Start_WithBadArgument_ShowsUsage(string argument, string error)
    {
        var result = await Command.RunAsync(Repository.Server, argument);

        Assert.Equal((BadUsage, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("usage: mandos ", result.Errors, StringComparison.Ordinal);
        Assert.EndsWith($"\nmandos: error: {error}\n", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutZeroconfAndPort_ShowsUsage()
    {
        var result = await Command.RunAsync(Repository.Server, "--foreground", "--no-zeroconf");

        Assert.Equal(BadUsage, result.ExitCode);
        Assert.StartsWith("usage: mandos ", result.Errors, StringComparison.Ordinal);
    }

    private static async Task RequireAsync(TestServer server, int exitCode, IEnumerable<string> problems)
    {
        Assert.Equal(exitCode, await server.RunToEndAsync());
        Assert.Equal(problems.Select(problem => $"mandos: {problem}"), server.Log.Lines);
    }
}
