using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Persistence;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of a state store: derive from it, and each promise of the contract is a test.</summary>
public abstract class StateStoreContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(StateStoreContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>
    /// Makes a small disk to be filled up; null if there is none, and the test that needs it is skipped. By default one that root can mount.
    /// </summary>
    protected virtual Func<SmallDisk>? MountDisk => SmallDisk.IsPossible ? SmallDisk.Mount : null;

    /// <summary>Makes a store, not yet loaded, that keeps its files in the state directory of the context, once or more for each test. Its checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract IStateStore Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(StateStoreContract.Checks(Create, MountDisk, Limits), check);
}
