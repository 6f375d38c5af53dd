using Mandos.Abstractions.Checking;
using Mandos.TestKit;

namespace CheckerFping.Tests;

public sealed class CancellationTests
{
    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CancelledWithGrandchildren_LeavesNothing()
    {
        using Fifo fifo = new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // A background process, one that ignores SIGTERM, a grandchild, and a foreground process; all hold the pipe.
        Task<CheckResult> check = Checks.Prepare(
            $"exec 9>{fifo.Path}; sleep 1000 & (trap '' TERM; sleep 1000) & (sleep 1000 & sleep 1000) & echo $$ >&9; sleep 1000")
            .RunAsync(stop.Token);
        string? group = await fifo.ReadLineAsync();
        Assert.NotEmpty(Members(group!));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);

        Assert.Empty(Members(group!));
        Assert.Equal("", await fifo.ReadToEndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CancelledAndSigtermIgnored_IsKilled()
    {
        using Fifo fifo = new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // A trap interrupts "wait", but not a program in the foreground.
        Task<CheckResult> check = Checks.Prepare(
            $"exec 9>{fifo.Path}; trap 'echo asked >&9' TERM; echo ready >&9; while :; do sleep 1000 & wait; done")
            .RunAsync(stop.Token);
        Assert.Equal("ready", await fifo.ReadLineAsync());

        await stop.CancelAsync();

        Assert.Equal("asked", await fifo.ReadLineAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        Assert.Equal("", await fifo.ReadToEndAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_CancelledButExitsWithZero_IsStillCancelled()
    {
        using Fifo fifo = new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<CheckResult> check = Checks.Prepare($"trap 'exit 0' TERM; echo ready >{fifo.Path}; sleep 1000 & wait")
            .RunAsync(stop.Token);
        Assert.Equal("ready", await fifo.ReadLineAsync());

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_LeavesBackgroundProcess_EndsItToo()
    {
        using Fifo fifo = new();
        Task<CheckResult> check = Checks.Prepare($"exec 9>{fifo.Path}; sleep 1000 & (trap '' TERM HUP; sleep 1000) & exit 0")
            .RunAsync(TestContext.Current.CancellationToken);
        string output = await fifo.ReadToEndAsync();

        Assert.Equal("", output);
        Assert.True((await check).IsSuccess);
    }

    [Fact]
    public async Task RunAsync_AlreadyCancelled_StartsNothing()
    {
        using TemporaryDirectory directory = new();
        string file = directory.PathOf("started");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Checks.Prepare($"touch {file}").RunAsync(new CancellationToken(canceled: true)));

        // A check that comes after it, in every loop.
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount * 2).Select(_ => Checks.RunAsync("true")));
        Assert.False(File.Exists(file));
    }

    [Fact(Timeout = 60_000)]
    public async Task RunAsync_ManyCancelledAtAnyMoment_AllEnd()
    {
        using Fifo fifo = new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // The first holds the pipe too, so that it does not end before the others have begun.
        List<Task<CheckResult>> checks = [.. Enumerable.Range(0, 300).Select(
            i => Checks.Prepare($"exec 9>{fifo.Path}; echo {i} >&9; sleep 1000").RunAsync(stop.Token))];
        Assert.NotNull(await fifo.ReadLineAsync());

        // Some are running, some are starting, some are waiting to start.
        await stop.CancelAsync();
        foreach (Task<CheckResult> check in checks)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        }

        await fifo.ReadToEndAsync();
    }

    /// <summary>The processes of a group, from proc_pid_stat(5).</summary>
    private static List<string> Members(string group)
    {
        List<string> members = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
        {
            try
            {
                string stat = File.ReadAllText(Path.Combine(directory, "stat"));
                // After the name, which may hold spaces: state, parent, group.
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2] == group)
                {
                    members.Add(stat);
                }
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return members;
    }
}
