using Mandos.Abstractions.Checking;
using Mandos.PluginContracts.Checking;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of a checker: derive from it, and each promise of the contract is a test.</summary>
public abstract class CheckerContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(CheckerContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>Clients that are up, down and so on. None by default: the tests that need one are skipped.</summary>
    protected virtual CheckerSituations Situations { get; } = new();

    /// <summary>Makes a checker, once or more for each test. Its checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract IChecker Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(CheckerContract.Checks(Create, Situations, Limits), check);
}
