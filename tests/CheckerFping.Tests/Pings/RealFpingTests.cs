using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Pings;
using Mandos.TestKit;

namespace CheckerFping.Tests.Pings;

/// <summary>What the real fping says of many hosts is what it says of each alone.</summary>
public sealed class RealFpingTests
{
    /// <summary>Long enough for a busy machine to gather what a test starts together.</summary>
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(1);

    private static readonly string[] _hosts =
    [
        "127.0.0.1", "127.1.2.3", "127.9.9.9", "10.0.0.1", "10.0.0.2", "192.0.2.1", "::1", "2001:db8::1", "224.0.0.1", "255.255.255.255",
        "0.0.0.0", "10.255.255.254",
    ];

    [Fact]
    public async Task PingAsync_Many_EachHasTheResultThatItHasAlone()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");
        await using FpingNetwork network = await FpingNetwork.StartAsync();

        CheckResult?[] together = await PingAsync(network, _hosts);
        string[][] runs = [.. network.Runs];
        CheckResult?[] alone = await Task.WhenAll(_hosts.Select(host => AloneAsync(network, host)));

        Assert.Equal(Describe(_hosts, alone), Describe(_hosts, together));
        Assert.Equal(CheckResult.Exited(0), together[0]);
        Assert.Equal(CheckResult.Exited(0), together[6]);
        Assert.Equal(CheckResult.Exited(1), together[3]);
        Assert.Equal(["-i", "1", "--", .. _hosts], runs[0]);
        // None that answers, or is silent, needed another run.
        Assert.DoesNotContain(runs, run => run is ["-q", "--", "127.1.2.3" or "10.0.0.1" or "10.0.0.2" or "::1"]);
    }

    [Fact]
    public async Task PingAsync_SilentHostBeside_IsNotWaitedFor()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");
        await using FpingNetwork network = await FpingNetwork.StartAsync();
        var batches = new PingBatches(new TestPluginContext(), network, _window);
        Task<CheckResult?> silent = batches.PingAsync("10.0.0.1", answered: true, Checks.TestEnds);
        Task<CheckResult?> alive = batches.PingAsync("127.0.0.2", answered: true, Checks.TestEnds);

        Assert.Same(alive, await Task.WhenAny(alive, silent));
        Assert.Equal(CheckResult.Exited(0), await alive);
        Assert.Equal(CheckResult.Exited(1), await silent);
        Assert.Single(network.Runs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PingAsync_ManySilentNeighbours_HideNobody(bool answered)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");
        await using FpingNetwork network = await FpingNetwork.StartAsync();
        string[] silent = [.. Enumerable.Range(1, 150).Select(static i => $"10.1.0.{i}")];
        string[] alive = [.. Enumerable.Range(1, 150).Select(static i => $"127.1.0.{i}")];
        string[] all = [.. silent.Zip(alive).SelectMany(static pair => (string[])[pair.First, pair.Second])];

        CheckResult?[] results = await PingAsync(network, all, answered);

        Assert.Equal(Describe(all, [.. all.Select((_, i) => CheckResult.Exited(i % 2 == 0 ? 1 : 0))]), Describe(all, results));
        Assert.All(network.Runs, run => Assert.Equal("-i", run[0]));
    }

    [Fact]
    public async Task PingAsync_NoRightToPing_IsTheErrorOfEach()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can take its rights away");
        await using FpingNetwork network = await FpingNetwork.StartAsync();
        network.Before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];

        Assert.Equal([CheckResult.Exited(4), CheckResult.Exited(4)], await PingAsync(network, ["127.0.0.1", "10.0.0.1"]));
    }

    [Fact]
    public async Task PingAsync_NameThatHangs_HoldsUpNobody()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");
        await using FpingNetwork network = await FpingNetwork.StartAsync();
        network.SetNames("127.0.0.1 localhost", "127.0.0.5 one.example", "127.0.0.6 two.example", "10.0.0.5 silent.example");
        var batches = new PingBatches(new TestPluginContext(), network, _window);
        await Patience.UntilAsync("names were quick, and go together", async () =>
        {
            int before = network.Runs.Count();
            CheckResult?[] results = await Task.WhenAll(((string[])["one.example", "two.example"]).Select(
                host => batches.PingAsync(host, answered: true, Checks.TestEnds)));
            Assert.Equal([CheckResult.Exited(0), CheckResult.Exited(0)], results);
            return network.Runs.Skip(before).Any(static run => run is ["-i", "1", "--", "127.0.0.1", "one.example", "two.example"]);
        });

        network.SetNames("127.0.0.1 localhost", "127.0.0.6 two.example");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?> hangs = batches.PingAsync("one.example", answered: true, stop.Token);
        Task<CheckResult?> other = batches.PingAsync("two.example", answered: true, Checks.TestEnds);

        Assert.Equal(CheckResult.Exited(0), await other);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hangs);
    }

    [Fact]
    public async Task PingAsync_AllStopped_LeavesNoFping()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");
        await using FpingNetwork network = await FpingNetwork.StartAsync();
        var batches = new PingBatches(new TestPluginContext(), network, _window);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?>[] checks = [.. ((string[])["10.7.7.1", "10.7.7.2"]).Select(host => batches.PingAsync(host, answered: true, stop.Token))];
        await Patience.UntilAsync("fping runs", () => Running("10.7.7.2").Any());

        await stop.CancelAsync();
        await Task.WhenAll(checks.Select(static check => Assert.ThrowsAnyAsync<OperationCanceledException>(() => check)));

        Assert.Empty(Running("10.7.7.2"));
    }

    private static async Task<CheckResult?[]> PingAsync(FpingNetwork network, string[] hosts, bool answered = true)
    {
        var batches = new PingBatches(new TestPluginContext(), network, _window);
        return await Task.WhenAll(hosts.Select(host => batches.PingAsync(host, answered, Checks.TestEnds)));
    }

    private static async Task<CheckResult?> AloneAsync(FpingNetwork network, string host)
        => (await network.RunAsync(["fping", "-q", "--", host], null, Checks.TestEnds)).Result;

    private static string Describe(string[] hosts, CheckResult?[] results)
        => string.Join('\n', hosts.Zip(results).Select(static pair => $"{pair.First}: {pair.Second}"));

    private static IEnumerable<string> Running(string argument)
        => Directory.EnumerateDirectories("/proc").Where(directory =>
        {
            try
            {
                return char.IsAsciiDigit(directory[6])
                    && File.ReadAllText(Path.Combine(directory, "cmdline")).Split('\0').Contains(argument);
            }
            catch (IOException)
            {
                return false; // It ended meanwhile.
            }
        });
}
