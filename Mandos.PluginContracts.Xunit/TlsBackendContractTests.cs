using Mandos.Abstractions.Tls;
using Mandos.PluginContracts.Tls;
using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>Tests of a TLS back end: derive from it, and each promise of the contract is a test.</summary>
public abstract class TlsBackendContractTests
{
    /// <summary>The cases: the names of the checks.</summary>
    public static TheoryData<string> Checks => ContractCase.Of(TlsBackendContract.Checks(_ => throw new NotSupportedException()));

    /// <summary>How long the checks wait.</summary>
    protected virtual ContractLimits Limits { get; } = new();

    /// <summary>Makes a TLS back end, once or more for each test. Its checks dispose it.</summary>
    /// <param name="context">What the server would give it; settings can be filled in first.</param>
    protected abstract ITlsBackend Create(ContractContext context);

    /// <summary>Does one check.</summary>
    /// <param name="check">Its name.</param>
    [Theory]
    [MemberData(nameof(Checks))]
    public Task Keeps(string check) => ContractCase.RunAsync(TlsBackendContract.Checks(Create, limits: Limits), check);
}
