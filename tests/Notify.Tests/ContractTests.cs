using Mandos.Abstractions.Control;
using Mandos.Notify;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.TestKit.Daemons;

namespace Notify.Tests;

/// <summary>The control surface keeps the contract of its kind, with a target that takes everything and one that is not there.</summary>
public sealed class ContractTests : ControlSurfaceContractTests, IAsyncDisposable
{
    private readonly WebTarget _web = new();

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override IControlSurface Create(ContractContext context)
    {
        context.Settings["ntfy.good.url"] = $"{_web.Url}/topic";
        context.Settings["ntfy.dead.url"] = "http://localhost:9/topic";
        return new NotifySurface(context);
    }
}
