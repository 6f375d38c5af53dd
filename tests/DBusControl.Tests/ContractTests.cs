using Mandos.Abstractions.Control;
using Mandos.DBusControl;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.TestKit.Daemons;

namespace DBusControl.Tests;

/// <summary>The surface keeps the contract of its kind, here with a bus.</summary>
public class ContractTests : ControlSurfaceContractTests, IAsyncLifetime
{
    private readonly DBusDaemon _bus = new();

    protected virtual bool HasBus => true;

    public async ValueTask InitializeAsync()
    {
        if (HasBus)
        {
            await _bus.RestartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _bus.DisposeAsync();
    }

    protected override IControlSurface Create(ContractContext context)
    {
        context.Settings["address"] = _bus.Address;
        return new DBusSurface(context);
    }
}
