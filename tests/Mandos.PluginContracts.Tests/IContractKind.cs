namespace Mandos.PluginContracts.Tests;

/// <summary>What the tests of a contract have to know of a kind of plugin.</summary>
/// <typeparam name="TPlugin">The interface of the kind.</typeparam>
public interface IContractKind<TPlugin>
{
    /// <summary>The faults that a plugin of the kind could have.</summary>
    static abstract IReadOnlyList<Fault<Func<ContractContext, TPlugin>>> AllFaults { get; }

    /// <summary>Makes a plugin without a fault.</summary>
    static abstract TPlugin Sound(ContractContext context);

    /// <summary>The checks of the kind.</summary>
    /// <param name="create">Makes the plugin to check.</param>
    /// <param name="limits">How long it may take; null for what it may in earnest.</param>
    static abstract IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, TPlugin> create, ContractLimits? limits);
}
