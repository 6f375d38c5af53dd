using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of a control surface: derive from it, and each promise of the contract is a test.</summary>
public abstract class ControlSurfaceContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(ControlSurfaceContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>Makes a control surface, once or more for each test. Its checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract IControlSurface Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(ControlSurfaceContract.Checks(Create, Limits), check);
}
