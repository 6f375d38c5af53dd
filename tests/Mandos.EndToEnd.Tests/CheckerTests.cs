using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests;

/// <summary>Clients are checked, and a client that is not seen alive in time is disabled.</summary>
public sealed class CheckerTests
{
    private readonly TestClient _client = new("client");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_AtEachInterval_RunsCommandWithValues()
    {
        await using var server = new TestServer("--debug");
        var file = Path.Combine(server.ScratchDirectory, "checks");
        server.AddClient(_client.StanzaWith(
            "interval = PT1S", "host = some where", $"checker = echo %%(name)s at %%(host)s >> {file}"));
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded", count: 3);

        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        Assert.All(lines, line => Assert.Equal("client at some where", line));
        Assert.True(lines.Length >= 3);
    }

    [Fact]
    public async Task Check_ObjectPathWithoutDBus_IsWhatItWouldBe()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(new TestClient("a.b c").StanzaWith("interval = PT1S", "checker = echo %%(dbus_object_path)s"));
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "checker started: echo /clients/a_b_20c");
    }

    [Fact]
    public async Task Check_WrongCommand_IsRefused()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("interval = PT1S", "checker = echo %%(no_such_value)s"));
        await server.StartAsync();

        await server.Log.WaitForAsync("ERROR", "Client client: cannot check it: ");

        Assert.Equal(0, server.Log.Count("INFO", "Client client: checker started"));
    }

    [Fact]
    public async Task Check_ObjectPathWithDBus_IsThatOfTheBus()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var server = new TestServer("--debug") { Bus = bus };
        server.AddClient(new TestClient("a.b c").StanzaWith("interval = PT1S", "checker = echo %%(dbus_object_path)s"));
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "checker started: echo /clients/a_b_20c");
    }

    [Fact]
    public async Task Expiry_WhenEveryCheckFails_DisablesClient()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("interval = PT1S", "timeout = PT3S", "checker = exit 7"));
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Client client: checker failed with exit code 7");
        await server.Log.WaitForAsync("WARNING", "Client client: not seen alive in time, disabling it");

        await _client.RequireRefusalAsync(server);
    }

    [Fact]
    public async Task Check_ProgramIsMissing_IsToldAtTheDefaultLevel()
    {
        await using var server = new TestServer("--foreground");
        server.AddClient(_client.StanzaWith("interval = PT1S", "timeout = PT3S", "checker = no-such-program -q %%(host)s"));
        await server.StartAsync();

        await server.Log.WaitForAsync("WARNING", "Client client: the program “no-such-program” of its checker is not there (PATH is ");
        await server.Log.WaitForAsync("WARNING",
            "Client client: its check cannot run: “no-such-program -q ''” has exit code 127: the shell cannot find the program");
        await server.Log.WaitForAsync("WARNING",
            "Client client: not seen alive in time, disabling it; its last check had exit code 127: the shell cannot find the program");

        Assert.Equal(1, server.Log.Count("WARNING", "its check cannot run"));
    }

    [Fact]
    public async Task Check_FpingWithoutItsRight_IsToldAtTheDefaultLevel()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root's server loses the right");
        await using var server = new TestServer("--foreground");
        server.AddClient(_client.StanzaWith("interval = PT1S", "host = 127.0.0.1"));
        await server.StartAsync();

        await server.Log.WaitForAsync("WARNING", "Client client: “fping” cannot even ping this machine (exit code ");
    }

    [Fact]
    public async Task Check_DefaultCommandOfMany_EachHasItsOwnResult()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give fping its right");
        var programs = Directory.CreateTempSubdirectory("mandos-test-");
        try
        {
            programs.UnixFileMode |= UnixFileMode.OtherExecute;
            var fping = Path.Combine(programs.FullName, "fping");
            File.Copy(Path.Combine(Repository.Peers, "usr", "bin", "fping"), fping);
            File.SetUnixFileMode(fping, File.GetUnixFileMode(fping) | UnixFileMode.SetUser);
            await using var server = new TestServer("--debug") { Wrapper = ["env", $"PATH={programs.FullName}:/usr/bin:/bin"] };
            server.AddClient(new TestClient("up").StanzaWith("interval = PT1S", "host = 127.0.0.1"));
            server.AddClient(new TestClient("up-too").StanzaWith("interval = PT1S", "host = 127.0.0.2"));
            server.AddClient(new TestClient("unreachable").StanzaWith("interval = PT1S", "host = 240.0.0.1"));
            server.AddClient(new TestClient("unknown").StanzaWith("interval = PT1S", "host = host.invalid."));
            await server.StartAsync();

            await server.Log.WaitForAsync("INFO", "Client up: checker started: fping -q -- 127.0.0.1");
            await server.Log.WaitForAsync("INFO", "Client up: checker succeeded", count: 3);
            await server.Log.WaitForAsync("INFO", "Client up-too: checker succeeded", count: 3);
            await server.Log.WaitForAsync("INFO", "Client unreachable: checker failed with exit code 1", count: 3);
            await server.Log.WaitForAsync("INFO", "Client unknown: checker failed with exit code 2");

            Assert.Equal(0, server.Log.Count("INFO", "Client up: checker failed"));
            Assert.Equal(0, server.Log.Count("INFO", "Client up-too: checker failed"));
            Assert.Equal(0, server.Log.Count("INFO", "Client unreachable: checker succeeded"));
            Assert.Equal(0, server.Log.Count("WARNING", "cannot ping many hosts at once"));
        }
        finally
        {
            programs.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Expiry_AtEachSuccessfulCheck_IsPutOff()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        var file = Path.Combine(server.ScratchDirectory, "checks");
        server.AddClient(_client.StanzaWith("interval = PT1S", "timeout = PT1H", $"checker = echo checked >> {file}"));
        await server.SteerAsync();
        var expires = Assert.Single(server.Events.Clients).Expires;

        for (var i = 0; i < 3; i++)
        {
            var change = await server.Events.WaitForAsync<ClientPropertyChanged>(
                change => change.Property == ClientProperty.Expires, Cancellation);
            Assert.True(change.Client.Expires > expires, $"{change.Client.Expires} after {expires}");
            Assert.Equal(0, change.Client.LastCheckerStatus);
            expires = change.Client.Expires;
        }

        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        Assert.True(lines.Length >= 3);
        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Check_KilledBySignal_IsLogged()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("interval = PT1S", "checker = kill -9 $$"));
        await server.StartAsync();

        await server.Log.WaitForAsync("WARNING", "Client client: checker was killed by signal 9");
    }

    [Fact]
    public async Task Stop_WhileCheckRuns_LeavesNoOrphan()
    {
        await using var server = new TestServer("--debug");
        var file = Path.Combine(server.ScratchDirectory, "pids");
        server.AddClient(_client.StanzaWith("interval = PT1S", $"checker = sleep 3600 & echo $! $$ > {file}; wait"));
        await server.StartAsync();
        var pids = Array.Empty<string>();
        await Patience.UntilAsync("the check runs", () =>
        {
            pids = File.Exists(file) ? File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
            return pids.Length == 2;
        });

        await server.StopAsync();

        await Patience.UntilAsync("the check's processes are gone", () => !pids.Any(pid => IsAlive(pid)));
    }

    private static bool IsAlive(string pid)
    {
        try
        {
            // A zombie that nobody has waited for yet is not alive.
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
