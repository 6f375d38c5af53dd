using AvahiAnnouncer.Tests.Support;
using Mandos.Abstractions.Announcing;
using Mandos.AvahiAnnouncer;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Xunit;

namespace AvahiAnnouncer.Tests;

/// <summary>The announcer keeps the contract of its kind, here with a bus and Avahi.</summary>
public class ContractTests : AnnouncerContractTests, IAsyncLifetime
{
    private readonly TestBus _bus = new();
    private FakeAvahi? _avahi;

    protected virtual bool HasAvahi => true;

    public async ValueTask InitializeAsync()
    {
        if (HasAvahi)
        {
            await _bus.StartAsync();
            _avahi = await FakeAvahi.StartAsync(_bus);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _avahi?.Dispose();
        await _bus.DisposeAsync();
    }

    protected override IAnnouncer Create(ContractContext context) => new ZeroconfAnnouncer(context) { Address = _bus.Address };
}
