using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>The server's process is stopped for a while, as by a container that is paused or a machine that stalls.</summary>
public sealed class FrozenServerTests
{
    /// <summary>Longer than the timeout of ten seconds.</summary>
    private static readonly TimeSpan _stop = TimeSpan.FromSeconds(14);

    [Fact]
    public async Task Stopped_ForLongerThanTheTimeout_DisablesOnlyWhoIsGone()
    {
        TestClient alive = new("alive");
        TestClient gone = new("gone");
        await using var server = new TestServer("--debug");
        var sign = Path.Combine(server.ConfigDirectory, "sign-of-life");
        string[] times = ["timeout = PT10S", "extended_timeout = PT10S", "interval = PT3S"];
        server.AddClient(alive.StanzaWith(["checker = true", .. times]));
        server.AddClient(gone.StanzaWith([$"checker = test -e {sign}", .. times]));
        await File.WriteAllTextAsync(sign, "", TestContext.Current.CancellationToken);
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", "Client alive: checker succeeded");
        await server.Log.WaitForAsync("INFO", "Client gone: checker succeeded");

        await server.SignalAsync("STOP");
        File.Delete(sign);
        await Task.Delay(_stop, TimeProvider.System, TestContext.Current.CancellationToken);
        await server.SignalAsync("CONT");

        await alive.RequireSecretAsync(server);
        await server.Log.WaitForAsync("WARNING", "The server did not run for");
        await server.Log.WaitForAsync("WARNING", "Client gone: not seen alive in time, disabling it");
        Assert.Equal(0, server.Log.Count("WARNING", "Client alive: not seen alive"));
        await gone.RequireRefusalAsync(server);
        await alive.RequireSecretAsync(server);
    }
}
