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
    [InlineData("-n 192")]
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
}
