using System.Diagnostics.CodeAnalysis;

namespace Mandos.PluginContracts.Tests;

/// <summary>What holds for the contract of each kind: a good plugin passes all checks, and for each check there is a fault that it notices.</summary>
/// <typeparam name="TSelf">The tests of the kind.</typeparam>
/// <typeparam name="TPlugin">The interface of the kind.</typeparam>
[SuppressMessage("Design", "CA1000", Justification = "xunit takes the data of theories from static members")]
public abstract class ContractTestsOf<TSelf, TPlugin>
    where TSelf : IContractKind<TPlugin>
{
    public static TheoryData<string> Checks => ContractTests.Names(SoundChecks());

    public static TheoryData<string> Faults => [.. TSelf.AllFaults.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_SoundPlugin_Passes(string check) => ContractTests.PassesAsync(SoundChecks(), check);

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Check_PluginWithFault_Fails(string fault)
    {
        Fault<Func<ContractContext, TPlugin>> found = Assert.Single(TSelf.AllFaults, candidate => candidate.Name == fault);
        PluginCheck check = Assert.Single(TSelf.ChecksOf(found.Create, ContractTests.Impatient), candidate => candidate.Name == found.Check);
        Assert.SkipUnless(check.SkipReason is null, check.SkipReason ?? "");

        var violation = await Assert.ThrowsAsync<ContractViolationException>(
            () => check.RunAsync(TestContext.Current.CancellationToken));

        Assert.DoesNotContain('\n', violation.Message);
        TestContext.Current.TestOutputHelper?.WriteLine(violation.Message);
    }

    [Fact]
    public void Checks_All_CanFail() => Assert.Equal(
        SoundChecks().Select(check => check.Name).Order(), TSelf.AllFaults.Select(fault => fault.Check).Distinct().Order());

    private static IReadOnlyList<PluginCheck> SoundChecks() => TSelf.ChecksOf(TSelf.Sound, null);
}
