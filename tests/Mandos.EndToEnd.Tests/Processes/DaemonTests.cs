using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>The server starts as a daemon, and the starting command tells how that went.</summary>
public sealed class DaemonTests
{
    private readonly TestClient _client = new("client");

    [Fact]
    public async Task Start_ThatSucceeds_ReturnsZeroWhenItServes()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);

        var result = await server.StartDaemonAsync();

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Daemon_IsDetached()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);

        await server.StartDaemonAsync();

        var id = system.DaemonId;
        Assert.Equal("1", ProcessFacts.Status(id, "PPid"));
        Assert.Equal(id, Session(id));
        Assert.Equal("/", ProcessFacts.Link(id, "cwd"));
        var descriptors = ProcessFacts.Descriptors(id);
        Assert.All([0, 1, 2], fd => Assert.Equal("/dev/null", descriptors[fd]));
    }

    [Fact]
    public async Task Daemon_HasNoInheritedDescriptor()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "bash", "-c", "exec \"$@\" 9</etc/hostname", "bash");

        var result = await server.StartDaemonAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("/etc/hostname", ProcessFacts.Descriptors(system.DaemonId).Values);
    }

    [Fact]
    public async Task Start_WithPortInUse_FailsWithReason()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        using var other = new System.Net.Sockets.TcpListener(server.EndPoint);
        other.Start();

        var result = await server.StartDaemonAsync();

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"mandos: cannot listen on {server.EndPoint}: the port is in use", result.Errors, StringComparison.Ordinal);
        var message = await system.WaitForMessageAsync("CRITICAL: ");
        Assert.Contains("the port is in use", message, StringComparison.Ordinal);
        Assert.False(File.Exists(system.PidFile));
    }

    [Fact]
    public async Task Start_WithBadClientsFile_FailsWithReason()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        server.AddClient("timeout = never");

        var result = await server.StartDaemonAsync();

        Assert.Equal(78, result.ExitCode);
        Assert.StartsWith($"mandos: {server.ClientsFile}:5: timeout: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("timeout: ", await system.WaitForMessageAsync("CRITICAL: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithBadServerFile_FailsWithReason()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        await server.ConfigureAsync("debuglevel = LOUD");

        var result = await server.StartDaemonAsync();

        Assert.Equal(78, result.ExitCode);
        Assert.Contains("mandos.conf:2: debuglevel: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("debuglevel: ", await system.WaitForMessageAsync("CRITICAL: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PidFile_FromStartToEnd_NamesDaemon()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);

        await server.StartDaemonAsync();

        Assert.Equal("mandos", ProcessFacts.Status(system.DaemonId, "Name"));
        await system.StopDaemonAsync();
        // Only root may remove a file from /run.
        Assert.Equal(0, new FileInfo(system.PidFile).Length);
    }

    [Fact]
    public async Task PidFile_OfRunningDaemon_SurvivesFailedStartOfAnother()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        await server.StartDaemonAsync();
        var id = system.DaemonId;

        var second = await server.StartDaemonAsync();

        Assert.Equal(1, second.ExitCode);
        Assert.Equal(id, system.DaemonId);
    }

    [Fact]
    public async Task PidFile_ThatCannotBeWritten_IsLoggedAndNotFatal()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        Directory.CreateDirectory(system.PidFile);

        var result = await server.StartDaemonAsync();

        Assert.Equal(0, result.ExitCode);
        var message = await system.WaitForMessageAsync("ERROR: Cannot write the PID file /run/mandos.pid");
        var start = message.IndexOf('[', StringComparison.Ordinal) + 1;
        var id = int.Parse(message[start..message.IndexOf(']', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
        await Command.RequireAsync("/bin/sh", "-c", $"kill -TERM {id}");
        await Patience.UntilAsync("the daemon ends", () => !ProcessFacts.Exists(id));
    }

    [Fact]
    public async Task Foreground_WritesNoPidFile()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system);
        server.Arguments.Add("--foreground");

        await server.StartAsync();
        await _client.RequireSecretAsync(server);

        Assert.False(File.Exists(system.PidFile));
        await server.StopAsync();
    }

    [Fact]
    public async Task Start_WithRelativePaths_FindsThemAfterwardsToo()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer(system, "sh", "-c", "cd \"$0\" && exec \"$@\"", Path.GetTempPath());
        server.Arguments.Add("--configdir=" + Path.GetRelativePath(Path.GetTempPath(), server.ConfigDirectory));
        server.Arguments.Add("--statedir=" + Path.GetRelativePath(Path.GetTempPath(), server.StateDirectory));
        server.Arguments.Add("--debuglevel=INFO");

        var result = await server.StartDaemonAsync();

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.NotEmpty(Directory.GetFiles(server.StateDirectory));
        var later = new TestClient("later");
        server.AddClient(later.StanzaWith());
        await Command.RequireAsync("/bin/sh", "-c", $"kill -HUP {system.DaemonId}");
        await system.WaitForMessageAsync("INFO: Configuration re-read: 2 clients");
        await later.RequireSecretAsync(server);
    }

    private static int Session(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3], CultureInfo.InvariantCulture);
    }

    private TestServer CreateServer(PrivateSystem system, params IEnumerable<string> wrapper)
    {
        var server = new TestServer { Wrapper = [.. system.Wrapper, .. wrapper] };
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
