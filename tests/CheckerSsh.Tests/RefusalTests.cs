using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;

namespace CheckerSsh.Tests;

/// <summary>An sshd that takes no connection for now is told from a host that speaks no SSH, and proves nothing.</summary>
public sealed class RefusalTests
{
    private readonly FakeKey _key = FakeKey.Create("ssh-ed25519");

    [Theory]
    [InlineData("", "it takes the connection and closes it without a word, which proves nothing of it")]
    [InlineData("220 mail.example.org ESMTP\r\n", "it does not speak SSH")]
    public async Task RunAsync_RefusedBeforeTheVersion_SaysHow(string said, string reason)
    {
        await using FakeHost host = new((stream, stop) => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), stop).AsTask());

        Checks.Down(await Checks.RunAsync(_key.Pin, host.Port), reason);
    }

    [Theory]
    [InlineData("Exceeded MaxStartups\r\n", "its sshd has too many connections for now (MaxStartups)")]
    [InlineData("Not allowed at this time\r\n", "its sshd takes no connection for now (MaxStartups or PerSourcePenalties)")]
    public async Task RunAsync_TooManyConnectionsToTheEnd_SaysSo(string said, string reason)
    {
        await using FakeHost host = new((stream, stop) => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), stop).AsTask());

        Checks.Down(await Checks.RunAsync(_key.Pin, host.Port, "PT3S"), reason);
    }

    [Theory]
    [InlineData("Exceeded MaxStartups\r\n")]
    [InlineData("Not allowed at this time\r\n")]
    public async Task RunAsync_TooManyConnectionsForAMoment_SucceedsWithinTheSameCheck(string said)
    {
        int connections = 0;
        FakeSshServer server = new(_key);
        await using FakeHost host = new((stream, stop) => Interlocked.Increment(ref connections) <= 2
            ? stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), stop).AsTask()
            : server.ServeAsync(stream, stop));

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(_key.Pin, host.Port));
    }
}
