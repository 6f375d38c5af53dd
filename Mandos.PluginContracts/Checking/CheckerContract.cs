using Mandos.Abstractions.Checking;

namespace Mandos.PluginContracts.Checking;

/// <summary>What every <see cref="IChecker"/> has to do.</summary>
public static class CheckerContract
{
    /// <summary>The checks of a checker. They reach no host but those of the clients given.</summary>
    /// <param name="create">Makes a checker.</param>
    /// <param name="situations">
    /// Clients that are up, down and so on; none by default. A checker that can then not prepare a check, because the default client lacks
    /// an option that it needs, passes what needs a check.
    /// </param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<ContractContext, IChecker> create, CheckerSituations? situations = null, ContractLimits? limits = null)
        => new CheckerChecks(create, situations ?? new CheckerSituations(), limits ?? new ContractLimits()).All();
}
