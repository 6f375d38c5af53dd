namespace Mandos.PluginContracts.Tests;

public sealed class PluginCheckTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_BodyEnds_Passes()
    {
        await new PluginCheck("x", _ => Task.CompletedTask).RunAsync(Token);
    }

    [Fact]
    public async Task RunAsync_BodyThrows_IsAViolationInALine()
    {
        var check = new PluginCheck("x", _ => throw new InvalidOperationException("a\nb"));

        var violation = await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(Token));

        Assert.Equal("InvalidOperationException (a b)", violation.Message);
    }

    [Fact]
    public async Task RunAsync_BodyIsCancelledByItself_IsAViolation()
    {
        var check = new PluginCheck("x", _ => throw new OperationCanceledException());

        await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(Token));
    }

    [Fact]
    public async Task RunAsync_BodyNeverEnds_IsAViolationAndTheBodyIsCancelled()
    {
        var cancelled = new TaskCompletionSource();
        var check = new PluginCheck("x", token =>
        {
            token.Register(cancelled.SetResult);
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        }) { Limit = TimeSpan.FromSeconds(0.1) };

        await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(Token));
        await cancelled.Task;
    }

    [Fact]
    public async Task RunAsync_BodyBlocks_IsAViolation()
    {
        using var end = new ManualResetEventSlim();
        var check = new PluginCheck("x", token =>
        {
            end.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }) { Limit = TimeSpan.FromSeconds(0.1) };

        await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(Token));
        end.Set();
    }

    [Fact]
    public async Task RunAsync_Cancelled_IsNoViolation()
    {
        using var cancellation = new CancellationTokenSource();
        Task run = new PluginCheck(
            "x", token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token)).RunAsync(cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }
}
