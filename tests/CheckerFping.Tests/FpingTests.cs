using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.TestKit;

namespace CheckerFping.Tests;

/// <summary>The default command with the real fping.</summary>
public sealed class FpingTests
{
    [Fact]
    public async Task RunAsync_HostAnswers_IsUp()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may ping here");

        Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync($"{UsePeers()}; {ClientSettings.DefaultChecker}", "127.0.0.1"));
    }

    [Fact]
    public async Task RunAsync_HostUnreachable_IsDown()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may make a network namespace");

        // A namespace without any route.
        CheckResult result = await Checks.RunAsync(
            $"{UsePeers()}; exec unshare --net {ClientSettings.DefaultChecker}", "192.0.2.1");

        Assert.Equal(CheckOutcome.Exited, result.Outcome);
        // 1: some host unreachable. Not 2 (name not found), 3 (wrong usage), 4 (system call failed), 127 (no fping).
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task RunAsync_NameUnknown_IsFpingsCode2()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may ping here");

        Assert.Equal(2, (await Checks.RunAsync($"{UsePeers()}; {ClientSettings.DefaultChecker}", "host.invalid.")).ExitCode);
    }

    /// <summary>A command that makes the unpacked fping and its libraries be found.</summary>
    private static string UsePeers()
    {
        string programs = Path.Combine(Repository.Peers, "usr", "bin");
        Assert.True(
            File.Exists(Path.Combine(programs, "fping")),
            $"There is no fping in {programs}. Unpack the test peers, or set MANDOS_PEERS.");
        return $"export PATH='{programs}':\"$PATH\" LD_LIBRARY_PATH='{Command.PeerLibraries}'";
    }
}
