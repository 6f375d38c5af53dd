using Mandos.Abstractions.Control;
using Mandos.ApprovalsJson;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;

namespace Samples.Tests.ApprovalsJson;

/// <summary>The control surface keeps the contract of its kind.</summary>
public sealed class ContractTests : ControlSurfaceContractTests
{
    protected override IControlSurface Create(ContractContext context) => new ApprovalsSurface(context);
}
