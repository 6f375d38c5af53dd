using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Control;

namespace Mandos.EndToEnd.Tests.Plugins;

/// <summary>A client's checker is a plugin: whether it is there, and takes the client's options, is found out before the first check.</summary>
public sealed class CheckerPluginTests
{
    private readonly TestClient _first = new("first");
    private readonly TestClient _second = new("second");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_UnknownChecker_NamesThoseThereAre()
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        server.AddClient(_first.StanzaWith("checker_plugin = test_checker"));

        await RequireRefusalAsync(
            server,
            $"{server.ClientsFile}:4: checker_plugin: there is no checker “test_checker” under {server.PluginDirectory}; "
                + "choose shell, ssh or test-checker");
    }

    [Fact]
    public async Task Start_CheckerDeleted_SaysThatItIsNotThere()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        server.AddClient(_first.StanzaWith("checker_plugin = test-checker", "test_result_file = /dev/null"));
        await server.StartAsync();
        await server.StopAsync();

        File.Delete(Path.Combine(server.PluginDirectory, "Mandos.TestPlugins", "Mandos.TestPlugins.dll"));

        await RequireRefusalAsync(
            server,
            $"{server.ClientsFile}:4: checker_plugin: there is no checker “test-checker” under {server.PluginDirectory}; choose shell or ssh");
    }

    [Fact]
    public async Task Start_StandardCheckerDeleted_SaysWhichPluginHasIt()
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        Directory.Delete(Path.Combine(server.PreparePlugins(), "CheckerFping"), recursive: true);
        server.AddClient(_first.StanzaWith());

        await RequireRefusalAsync(
            server,
            $"{server.ClientsFile}:1: 1 client has the standard checker; there is no checker “shell” under {server.PluginDirectory}; "
                + "choose ssh or test-checker; put back plugin CheckerFping, or name another by checker_plugin");
    }

    [Fact]
    public async Task Start_WrongOptions_AreSaidAtTheirLines()
    {
        await using var server = new TestServer("--foreground") { Steered = true };
        server.AddClient(_first.StanzaWith("checker_plugin = test-checker", "test_resultfile = /dev/null"));
        server.AddClient(_second.StanzaWith("checker_plugin = test-checker", "test_result_file = dev/null"));

        await RequireRefusalAsync(
            server,
            $"{server.ClientsFile}:1: client [first] test_result_file: is missing; name a file",
            $"{server.ClientsFile}:5: option test_resultfile is unknown to the server and to checker “test-checker”, which takes test_result_file",
            $"{server.ClientsFile}:10: test_result_file: is no absolute path");
        Assert.Equal(1, server.Log.Lines.Count(line => line.Contains("test_resultfile", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reload_WrongOption_KeepsWhatIsInForce()
    {
        await using var server = await TestServer.StartSteeredAsync(_first.StanzaWith("checker_plugin = test-checker", "test_result_file = /dev/null"));

        await File.WriteAllTextAsync(
            server.ClientsFile, _first.StanzaWith("checker_plugin = test-checker", "test_result_file = nowhere", "test_x = 1"), Cancellation);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("ERROR", "The configuration was not taken up (problems above: 2)");
        var refusal = await Assert.ThrowsAsync<TestControlException>(() => server.Control.ReloadAsync(Cancellation));
        await File.WriteAllTextAsync(server.ClientsFile, _first.StanzaWith("checker_plugin = none"), Cancellation);
        var second = await Assert.ThrowsAsync<TestControlException>(() => server.Control.ReloadAsync(Cancellation));

        Assert.Equal((nameof(ConfigurationException), nameof(ConfigurationException)), (refusal.ExceptionType, second.ExceptionType));
        await server.Log.WaitForAsync("ERROR", $"{server.ClientsFile}:5: test_result_file: is no absolute path", count: 2);
        await server.Log.WaitForAsync("ERROR", $"{server.ClientsFile}:6: option test_x is unknown to the server and to checker", count: 2);
        await server.Log.WaitForAsync("ERROR", $"{server.ClientsFile}:4: checker_plugin: there is no checker “none”");
        var client = Assert.Single(await server.Control.GetClientsAsync(Cancellation));
        Assert.Equal("/dev/null", client.Settings.Options["test_result_file"]);
        await _first.RequireSecretAsync(server);

        await File.WriteAllTextAsync(
            server.ClientsFile, _first.StanzaWith("checker_plugin = test-checker", "test_result_file = /dev/zero"), Cancellation);
        await server.Control.ReloadAsync(Cancellation);
        client = Assert.Single(await server.Control.GetClientsAsync(Cancellation));
        Assert.Equal("/dev/zero", client.Settings.Options["test_result_file"]);
    }

    [Fact]
    public async Task CheckConfig_Checkers_AreLookedAt()
    {
        await using var server = new TestServer { Steered = true };
        server.PreparePlugins();
        server.AddClient(_first.StanzaWith("checker_plugin = tset-checker"));
        server.AddClient(_second.StanzaWith("checker_plugin = test-checker", "test_result_file = x"));

        var result = await Command.RunAsync(
            Repository.Server, "--check-config", "--configdir", server.ConfigDirectory, "--plugindir", server.PluginDirectory);

        Assert.Equal((1, ""), (result.ExitCode, result.Errors));
        Assert.Equal(
            [
                $"{server.ClientsFile}:4: checker_plugin: there is no checker “tset-checker” under {server.PluginDirectory}; "
                    + "choose shell, ssh or test-checker",
                $"{server.ClientsFile}:9: test_result_file: is no absolute path",
                $"{server.ConfigDirectory}: 2 problems",
                "",
            ],
            result.Output.Split('\n').Where(line => !line.Contains(": warning: ", StringComparison.Ordinal)));
    }

    /// <summary>It does not start, for these reasons and no others.</summary>
    private static async Task RequireRefusalAsync(TestServer server, params string[] problems)
    {
        int before = server.Log.Lines.Count;
        Assert.Equal(78, await server.RunToEndAsync());
        Assert.Equal(
            problems.Select(problem => $"mandos: {problem}"),
            server.Log.Lines.Skip(before).Where(line => line.StartsWith("mandos: ", StringComparison.Ordinal)));
    }
}
