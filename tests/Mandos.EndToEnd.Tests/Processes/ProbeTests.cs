using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary><c>mandos --probe</c> asks the running server whether it is well.</summary>
public sealed class ProbeTests
{
    private const int Failure = 1;

    [Fact]
    public async Task RunningServer_IsWell()
    {
        await using var server = new TestServer("--foreground");
        await server.StartAsync();

        await WaitUntilWellAsync(server);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketOf(server)));
        Assert.Equal(new CommandResult(0, "the server answers\n", ""), await ProbeAsync(server));
    }

    [Fact]
    public async Task StoppedServer_IsNot_AndIsWellOnceItGoesOn()
    {
        await using var server = new TestServer("--foreground");
        await server.ConfigureAsync("watchdog = PT0S");
        await server.StartAsync();
        await WaitUntilWellAsync(server);

        await server.SignalAsync("STOP");
        CommandResult stopped = await ProbeAsync(server);
        await server.SignalAsync("CONT");

        Assert.Equal((Failure, "mandos: the server has not answered within 8 s\n"), (stopped.ExitCode, stopped.Errors));
        await WaitUntilWellAsync(server);
    }

    [Fact]
    public async Task KilledServer_IsNot_AndTheNextOneIsWell()
    {
        await using var server = new TestServer("--foreground");
        await server.StartAsync();
        await WaitUntilWellAsync(server);

        await server.KillAsync();
        Assert.True(Path.Exists(SocketOf(server)));
        CommandResult dead = await ProbeAsync(server);
        Assert.Equal((Failure, ""), (dead.ExitCode, dead.Output));
        Assert.StartsWith($"mandos: no server answers at {SocketOf(server)}: ", dead.Errors, StringComparison.Ordinal);

        await server.StartAsync();
        await WaitUntilWellAsync(server);
        await server.StopAsync();
        Assert.False(Path.Exists(SocketOf(server)));
    }

    [Fact]
    public async Task OtherUser_IsTurnedAway()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "becoming another user needs root");
        await using var server = new TestServer("--foreground");
        await server.StartAsync();
        await WaitUntilWellAsync(server);

        CommandResult result = await Command.RunAsync(
            "setpriv", ["--reuid=12345", "--regid=12345", "--clear-groups", Repository.Server, .. Arguments(server)]);

        Assert.Equal(
            (Failure, $"mandos: {SocketOf(server)}: only root and the server's own user may ask; run it as one of them\n"),
            (result.ExitCode, result.Errors));
    }

    private static string SocketOf(TestServer server) => Path.Combine(server.StateDirectory, "probe.socket");

    private static string[] Arguments(TestServer server)
        => ["--probe", "--configdir", server.ConfigDirectory, "--statedir", server.StateDirectory];

    private static Task<CommandResult> ProbeAsync(TestServer server) => Command.RunAsync(Repository.Server, Arguments(server));

    // It listens before it serves.
    private static async Task WaitUntilWellAsync(TestServer server)
    {
        await Patience.UntilAsync("the server's socket for probes is there", () => Path.Exists(SocketOf(server)));
        CommandResult result = await ProbeAsync(server);
        for (int i = 0; result.ExitCode != 0 && i < 20; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, TestContext.Current.CancellationToken);
            result = await ProbeAsync(server);
        }

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }
}
