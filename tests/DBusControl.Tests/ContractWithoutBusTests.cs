namespace DBusControl.Tests;

/// <summary>The surface keeps the contract of its kind where there is no bus, too.</summary>
public sealed class ContractWithoutBusTests : ContractTests
{
    protected override bool HasBus => false;
}
