using System.Text.RegularExpressions;
using Mandos.BadPlugins;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Plugins;

/// <summary>A server with every faulty plugin there is serves as if none were there, and says what is wrong with each.</summary>
public sealed class PitfallTests
{
    /// <summary>What its systemd unit gives it.</summary>
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(60);

    private static readonly IReadOnlyList<Pitfall> _all =
        [.. Pitfalls.All.Where(pitfall => !pitfall.NeedsRoot || Environment.IsPrivilegedProcess)];

    [Fact]
    public async Task Server_WithAllPitfallsAtOnce_ServesReportsAndStops()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        WriteAll(server);
        var client = new TestClient("client");
        server.AddClient(client.StanzaWith());

        await server.StartAsync();
        await client.RequireSecretAsync(server);
        using var control = await server.ConnectControlAsync();
        foreach (var (level, text) in _all.SelectMany(pitfall => pitfall.Log))
        {
            await server.Log.WaitForAsync(level, text);
        }

        foreach (var pitfall in _all.Where(pitfall => pitfall.Reason is not null))
        {
            await server.Log.WaitForAsync("ERROR", $"Plugin {pitfall.Name} is not used: ");
        }

        var info = await control.GetInfoAsync(TestContext.Current.CancellationToken);
        var expected = _all.Select(pitfall => (pitfall.Name, State: pitfall.LaterState ?? pitfall.State));
        Assert.Superset(expected.ToHashSet(), info.Plugins.Select(plugin => (plugin.Name, plugin.State)).ToHashSet());
        Assert.All(
            ["CheckerFping", "TlsBouncy", "StateSqlite", "Mandos.TestPlugins"],
            name => Assert.Equal("Active", info.Plugins.Single(plugin => plugin.Name == name).State));
        await client.RequireSecretAsync(server);

        var start = TimeProvider.System.GetTimestamp();
        await server.StopAsync();

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, _stopLimit);
        Assert.All(_all.SelectMany(pitfall => pitfall.LogAtEnd), line => Assert.Equal(1, server.Log.Count(line.Level, line.Text)));
        Assert.Equal(0, server.Log.Count("CRITICAL", ""));
    }

    [Fact]
    public async Task ListPlugins_AllPitfallsAtOnce_SaysStateAndReasonOfEach()
    {
        await using var server = new TestServer() { Steered = true };
        WriteAll(server);

        var result = await Command.RunAsync(Repository.Server, "--list-plugins", "--plugindir", server.PluginDirectory);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.All(_all, pitfall =>
        {
            var reason = Regex.Escape((pitfall.Reason ?? "").Replace("{}", server.PluginDirectory, StringComparison.Ordinal))
                .Replace("\\*", ".*", StringComparison.Ordinal);
            Assert.Matches($@"(?m)^{pitfall.Name} +\S+ +\S+ +{pitfall.State}( .*)?\n.*{reason}", result.Output);
        });
        Assert.Matches("(?m)^TlsBouncy .* Active ", result.Output);
    }

    private static void WriteAll(TestServer server)
    {
        var directory = server.PreparePlugins();
        foreach (var pitfall in _all)
        {
            pitfall.Write(directory);
        }
    }
}
