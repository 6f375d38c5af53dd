using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>A limit that .NET cannot live below is named in one line.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData("-n 32", "the limit on open files is 32, ")]
    [InlineData("-n 64", "the limit on open files is 64, ")]
    [InlineData("-n 128", "the limit on open files is 128, ")]
    [InlineData("-v 1500000", "the limit on virtual memory is 1500000 kB, ")]
    [InlineData("-v 3000000", "the limit on virtual memory is 3000000 kB, ")]
    public async Task Start_LimitTooLow_SaysWhichInOneLine(string limit, string message)
    {
        await using var server = new TestServer("--foreground")
        {
            Wrapper = ["sh", "-c", $"ulimit {limit}; exec \"$@\"", "sh"],
        };

        Assert.Equal(1, await server.RunToEndAsync());

        Assert.StartsWith($"mandos: {message}", Assert.Single(server.Log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-n 256")]
    [InlineData("-v 4000000")]
    public async Task Start_LimitJustEnough_Serves(string limit)
    {
        var client = new TestClient("client");
        await using var server = new TestServer("--foreground")
        {
            Wrapper = ["sh", "-c", $"ulimit {limit}; exec \"$@\"", "sh"],
        };
        server.AddClient(client.StanzaWith("checker = true"));

        await server.StartAsync();

        await client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Accept_NoDescriptorLeft_ClosesWhoWaitsAndServesAgain()
    {
        const int Limit = 1024;
        const int Free = 60;
        const string WarmedUp = "TLS is warmed up"; // all the code that handshakes need is loaded
        var client = new TestClient("client");
        await using var trial = new TestServer("--debug");
        await trial.StartAsync();
        await trial.Log.WaitForAsync("DEBUG", WarmedUp);
        int own = Directory.GetFiles($"/proc/{trial.ProcessId}/fd").Length;

        // All others are open before it starts.
        string open = $"ulimit -n {Limit}; for i in $(seq {own + Free} {Limit - 1}); do eval \"exec $i</dev/null\"; done; exec \"$@\"";
        await using var server = new TestServer("--debug") { Wrapper = ["bash", "-c", open, "bash"] };
        server.AddClient(client.StanzaWith("checker = true"));
        await server.StartAsync();
        await server.Log.WaitForAsync("DEBUG", WarmedUp);
        List<RawConnection> silent = [];
        for (int i = 0; i < 2 * Free; i++)
        {
            silent.Add(await RawConnection.OpenAsync(server));
        }

        await server.Log.WaitForAsync("ERROR", "Cannot accept a connection: ");
        await silent[^1].ReadToEndAsync();
        Assert.InRange(Directory.GetFiles($"/proc/{server.ProcessId}/fd").Length, 0, Limit - Free / 4); // .NET ends when none is left
        Assert.Equal(0, server.Log.Count("WARNING", "did not send the protocol version in time"));
        silent.ForEach(static connection => connection.Dispose());
        await client.RequireSecretAsync(server);
    }
}
