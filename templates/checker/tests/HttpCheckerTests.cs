using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Samples;

namespace My.Checker_1;

/// <summary>What this checker does.</summary>
public sealed class HttpCheckerTests
{
    [Fact]
    public async Task Check_ServerAnswersWithSuccess_FindsClientAlive()
    {
        using var server = new LoopbackServer(LoopbackServer.Success);

        Assert.True((await CheckAsync(server.AsClient())).IsSuccess);
    }

    [Theory]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    public async Task Check_ServerAnswersOtherwise_DoesNot(string answer)
    {
        using var server = new LoopbackServer(answer);

        Assert.False((await CheckAsync(server.AsClient())).IsSuccess);
    }

    [Fact]
    public async Task Check_ServerStaysSilent_EndsByItsTimeLimit()
    {
        using var server = new LoopbackServer(LoopbackServer.Silence);

        Assert.False((await CheckAsync(server.AsClient(("my_checker_1_timeout", "0.2")))).IsSuccess);
    }

    [Theory]
    [InlineData("my_checker_1_port", "0")]
    [InlineData("my_checker_1_port", "http")]
    [InlineData("my_checker_1_timeout", "-1")]
    [InlineData("my_checker_1_timeout", "soon")]
    public void Validate_BadValue_NamesItsOption(string option, string value)
    {
        using var context = new ContractContext();
        using var checker = new HttpChecker(context);
        ClientSettings settings = SampleClients.Settings(0) with
        {
            Options = new Dictionary<string, string> { [option] = value },
        };

        Assert.Equal(option, Assert.Single(checker.Validate(settings)).Option);
    }

    private static async Task<CheckResult> CheckAsync(ClientSnapshot client)
    {
        using var context = new ContractContext();
        using var checker = new HttpChecker(context);
        return await checker.Prepare(client).RunAsync(TestContext.Current.CancellationToken);
    }
}
