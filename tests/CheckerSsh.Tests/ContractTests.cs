using CheckerSsh.Tests.Fakes;
using Mandos.CheckerSsh;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Checking;
using Mandos.TestSupport;

namespace CheckerSsh.Tests;

/// <summary>What every checker has to do.</summary>
public sealed class ContractTests
{
    public static TheoryData<string> Names => [.. CheckerContract.Checks(Create).Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Contract_AnyClient_IsKept(string name) => RunAsync(CheckerContract.Checks(Create), name);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Contract_HostHangs_IsKept(string name)
    {
        await using FakeHost host = new(Tarpits.All["only the version"]);

        await RunAsync(
            CheckerContract.Checks(
                Create, Checks.Client(Checks.Settings(FakeKey.Create("ssh-ed25519").Pin, host.Port))), name);
    }

    private static SshChecker Create() => new(new TestPluginContext());

    private static Task RunAsync(IReadOnlyList<PluginCheck> checks, string name)
        => checks.Single(check => check.Name == name).RunAsync(Checks.TestEnds);
}
