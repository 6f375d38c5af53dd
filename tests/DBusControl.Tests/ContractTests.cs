using DBusControl.Tests.Support;
using Mandos.DBusControl;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Control;

namespace DBusControl.Tests;

/// <summary>The surface keeps the contract of its kind, with a bus and without.</summary>
public sealed class ContractTests
{
    public static TheoryData<string> Names => [.. Checks("").Select(check => check.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Check_WithABus_Passes(string name)
    {
        await using var bus = new PrivateBus();
        await bus.StartAsync();

        await RunAsync(name, bus);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Check_WithoutABus_Passes(string name)
    {
        await using var bus = new PrivateBus();

        await RunAsync(name, bus);
    }

    private static Task RunAsync(string name, PrivateBus bus)
        => Assert.Single(Checks(bus.Address), check => check.Name == name).RunAsync(TestContext.Current.CancellationToken);

    private static IReadOnlyList<PluginCheck> Checks(string address)
        => ControlSurfaceContract.Checks(() => new DBusSurface(new TestPluginContext(address)));
}
