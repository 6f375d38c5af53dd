using Mandos.Abstractions.Checking;
using Mandos.CheckerFping;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Xunit;

namespace CheckerFping.Tests;

/// <summary>The checker keeps the contract of its kind.</summary>
public sealed class ContractTests : CheckerContractTests
{
    protected override CheckerSituations Situations => CheckerSituations.Shell;

    protected override IChecker Create(ContractContext context) => new ShellChecker(context);
}
