using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary><c>--log-format json</c>: whatever a server says is an object of JSON on a line of its own.</summary>
public sealed class JsonLogTests
{
    private const int Misconfigured = 78;

    private readonly TestClient _client = new("client");

    [Fact]
    public async Task WholeRun_IsJsonOnStandardError_AndNotInSyslog()
    {
        await using var system = new PrivateSystem();
        await using var server = new TestServer("--foreground", "--debuglevel=DEBUG", "--log-format=json") { Wrapper = system.Wrapper };
        server.AddClient(_client.StanzaWith());
        server.AddClient("[left-out]\nkey_id = none\n");
        await server.StartAsync();

        await _client.RequireSecretAsync(server);
        await server.StopAsync();

        List<(string Level, string Message)> records = [.. server.Log.Lines.Select(Read)];
        Assert.Contains(records, record => record is ("INFO", "Serving 1 client"));
        Assert.Contains(records, record => record.Level == "ERROR" && record.Message.Contains("[left-out]", StringComparison.Ordinal));
        Assert.Empty(system.Messages);
    }

    [Fact]
    public async Task MistakeInTheConfiguration_IsJson()
    {
        await using var server = new TestServer("--foreground");
        await server.ConfigureAsync("log_format = json", "watchdog = soon");

        Assert.Equal(Misconfigured, await server.RunToEndAsync());

        (string level, string message) = Read(Assert.Single(server.Log.Lines));
        Assert.Equal("CRITICAL", level);
        Assert.Contains("mandos.conf:3: watchdog: ", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CannotStart_IsJson()
    {
        await using var server = new TestServer("--foreground", "--log-format=json");
        await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), "store: nowhere\n", TestContext.Current.CancellationToken);

        Assert.Equal(Misconfigured, await server.RunToEndAsync());

        Assert.Contains(server.Log.Lines.Select(Read), static record => record.Level == "CRITICAL");
    }

    [Fact]
    public async Task Daemon_GoesOnInSyslog()
    {
        await using var system = new PrivateSystem();
        await using var server = new TestServer("--log-format=json", "--debuglevel=INFO") { Wrapper = system.Wrapper };

        CommandResult result = await server.StartDaemonAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.All(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => Read(line));
        await system.WaitForMessageAsync("INFO: Serving 0 clients");
        await system.StopDaemonAsync();
    }

    private static (string Level, string Message) Read(string line)
    {
        using JsonDocument record = JsonDocument.Parse(line);
        Assert.Equal(
            ["time", "level", "eventId", "category", "message"],
            record.RootElement.EnumerateObject().Select(static field => field.Name).Where(static name => name != "exception"));
        return (record.RootElement.GetProperty("level").GetString()!, record.RootElement.GetProperty("message").GetString()!);
    }
}
