using Mandos.Abstractions.Announcing;
using Mandos.PluginContracts.Announcing;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of an announcer: derive from it, and each promise of the contract is a test.</summary>
public abstract class AnnouncerContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(AnnouncerContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>Makes an announcer, once or more for each test. Its checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract IAnnouncer Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(AnnouncerContract.Checks(Create, Limits), check);
}
