using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>How a line of the log looks.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task Line_OfServerItself_HasDateTagAndLevel()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(new TestClient("client").StanzaWith());
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Serving");

        var line = Assert.Single(server.Log.Lines, line => line.Contains("Serving", StringComparison.Ordinal));
        Assert.Matches($@"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d,\d{{3}} Mandos \[{server.ProcessId}\]: INFO: Serving 1 client$", line);
    }
}
