using Mandos.BadPlugins;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>A server that hangs ends, because machines that wait for it ask no other; without systemd too.</summary>
public sealed class WatchdogTests
{
    private const int Died = 70;
    private const int Killed = 128 + 9;

    private readonly TestClient _client = new("client");

    [Fact]
    public async Task Stopped_ForLongerThanTheLimit_IsKilled()
    {
        await using var server = await StartAsync("watchdog = PT2S");

        await server.SignalAsync("STOP");

        Assert.Equal(Killed, await server.WaitForEndAsync());
    }

    [Fact]
    public async Task Stopped_ForLessThanTheLimit_GoesOn()
    {
        await using var server = await StartAsync("watchdog = PT10S");

        await server.SignalAsync("STOP");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        await server.SignalAsync("CONT");

        await _client.RequireSecretAsync(server);
        await server.StopAsync();
        Assert.Equal(0, server.Log.Count("CRITICAL", ""));
    }

    [Fact]
    public async Task Stopped_WatchdogIsOff_StaysUntilItIsContinued()
    {
        await using var server = await StartAsync("watchdog = PT0S");
        Assert.DoesNotContain(
            "watchdog", Directory.GetDirectories($"/proc/{server.ProcessId}/task").Select(task => File.ReadAllText($"{task}/comm").Trim()));

        Assert.Equal("", await File.ReadAllTextAsync($"/proc/{server.ProcessId}/timers", TestContext.Current.CancellationToken));
        await server.StopAsync();
    }

    [Fact]
    public async Task PluginHoldsThePool_EndsWithTheReason()
    {
        await using var server = new TestServer("--debug");
        PluginCompiler.CompilePlugin(Path.Combine(server.PreparePlugins(), "Hog", "Hog.dll"), """
            [assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]
            [ExportControlSurface("hog")]
            public class Hog : IControlSurface
            {
                public Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
                {
                    for (int i = 0; i < 100_000; i++)
                    {
                        ThreadPool.UnsafeQueueUserWorkItem(_ => Thread.Sleep(-1), null);
                    }

                    return Task.Delay(-1, cancellationToken);
                }
            }
            """);
        await server.ConfigureAsync("watchdog = PT3S");

        Assert.Equal(Died, await server.RunToEndAsync());

        await server.Log.WaitForAsync("CRITICAL", "The server does not answer its watchdog: nothing goes on in it");
        await server.Log.WaitForAsync("CRITICAL", "it ends, so that its clients go on to another server");
    }

    private async Task<TestServer> StartAsync(string option)
    {
        var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("checker = true"));
        await server.ConfigureAsync(option);
        await server.StartAsync();
        return server;
    }
}
