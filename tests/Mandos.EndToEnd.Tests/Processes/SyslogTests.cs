using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>The log goes to syslog; in debug mode to the terminal too.</summary>
public sealed class SyslogTests
{
    private readonly TestClient _client = new("client");

    [Theory]
    [InlineData("Mandos", "Mandos [{0}]")]
    [InlineData("Mine #2", "Mandos (Mine #2) [{0}]")]
    public async Task Line_HasFacilityPriorityTagAndLevel(string service, string tag)
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "--foreground", "--debuglevel=INFO", $"--servicename={service}");

        await server.StartAsync();

        // daemon is facility 3, INFO is 6.
        var message = await system.WaitForMessageAsync("Serving 1 client");
        tag = tag.Replace("{0}", $"{server.ProcessId}", StringComparison.Ordinal);
        Assert.StartsWith("<30>", message, StringComparison.Ordinal);
        Assert.EndsWith($" {tag}: INFO: Serving 1 client", message, StringComparison.Ordinal);
        await server.StopAsync();
        Assert.Empty(server.Log.Lines);
    }

    [Theory]
    [InlineData("CRITICAL")]
    [InlineData("ERROR")]
    [InlineData("WARNING")]
    [InlineData("INFO")]
    [InlineData("DEBUG")]
    public async Task DebugLevel_IsLeastThatIsLogged(string level)
    {
        string[] levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "--foreground", $"--debuglevel={level}");
        server.AddClient("[left-out]\nkey_id = none\n"); // an error
        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        await server.StopAsync();

        var seen = levels.Where(name => system.Messages.Any(message => message.Contains($"]: {name}: ", StringComparison.Ordinal)));
        Assert.DoesNotContain(seen, name => Array.IndexOf(levels, name) < Array.IndexOf(levels, level));
        Assert.Equal(level is not "CRITICAL", seen.Contains("ERROR"));
        Assert.Equal(level is "DEBUG" or "INFO", seen.Contains("INFO"));
    }

    [Fact]
    public async Task DebugMode_LogsToTerminalToo()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "--debug");

        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Serving 1 client");
        await system.WaitForMessageAsync("INFO: Serving 1 client");
    }

    [Fact]
    public async Task NoSyslog_ServesAndLogsToTerminalInForeground()
    {
        await using var system = new PrivateSystem(hasSyslog: false);
        await using var server = CreateServer(system, "--foreground", "--debuglevel=INFO");

        await server.StartAsync();

        await _client.RequireSecretAsync(server);
        await server.Log.WaitForAsync("INFO", "Serving 1 client");
    }

    [Fact]
    public async Task NoSyslog_DaemonServes()
    {
        await using var system = new PrivateSystem(hasSyslog: false);
        await using var server = CreateServer(system);

        var result = await server.StartDaemonAsync();

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task SyslogThatHangs_HoldsUpNeitherClientsNorEnd()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "--foreground", "--debuglevel=DEBUG");
        await server.StartAsync();

        // The kernel keeps some messages for a reader, 10 or 512 as it is set; then a writer has to wait.
        for (var i = 0; i < 300; i++)
        {
            await _client.RequireSecretAsync(server);
        }

        await server.StopAsync();
    }

    private TestServer CreateServer(PrivateSystem system, params IEnumerable<string> arguments)
    {
        var server = new TestServer(arguments) { Wrapper = system.Wrapper };
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
