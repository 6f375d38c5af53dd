using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Sharing;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of a store that several servers share: derive from it, and each promise of the contract is a test.</summary>
public abstract class SharedStateStoreContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(SharedStateStoreContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>Cuts the stores of a context off until the result is disposed; null, the default, if that cannot be done.</summary>
    protected virtual Func<ContractContext, IDisposable>? CutOff => null;

    /// <summary>Has another primary take the place of the one that the stores of a context use; null, the default, if that cannot be done.</summary>
    protected virtual Action<ContractContext>? Replace => null;

    /// <summary>Makes a store, several times for each test. Those with the same context share what they keep. The checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract ISharedStateStore Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(SharedStateStoreContract.Checks(Create, CutOff, Replace, Limits), check);
}
