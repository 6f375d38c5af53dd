using Mandos.Abstractions.Control;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;
using Mandos.WebControl;
using Mandos.WebControl.Settings;

namespace WebControl.Tests;

/// <summary>The surface keeps the contract of its kind.</summary>
public sealed class ContractTests : ControlSurfaceContractTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IControlSurface Create(ContractContext context)
    {
        context.Settings[WebSettings.SocketName] = _directory.PathOf("web.sock");
        return new WebSurface(context);
    }
}
