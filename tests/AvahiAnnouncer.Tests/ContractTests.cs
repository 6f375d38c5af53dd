using AvahiAnnouncer.Tests.Support;
using Mandos.AvahiAnnouncer;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Announcing;
using Mandos.TestSupport;

namespace AvahiAnnouncer.Tests;

/// <summary>The announcer keeps the contract of its kind, whether there is a bus and Avahi or not.</summary>
public sealed class ContractTests
{
    public static TheoryData<string, bool> Cases
        => [.. AnnouncerContract.Checks(() => null!).SelectMany(check => new[] { (check.Name, true), (check.Name, false) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Check_WithAvahiOrWithout_Passes(string name, bool hasAvahi)
    {
        await using var bus = new TestBus();
        if (hasAvahi)
        {
            await bus.StartAsync();
        }

        await using FakeAvahi? avahi = hasAvahi ? await FakeAvahi.StartAsync(bus) : null;
        IReadOnlyList<PluginCheck> checks =
            AnnouncerContract.Checks(() => new ZeroconfAnnouncer(new TestPluginContext()) { Address = bus.Address });

        await Assert.Single(checks, check => check.Name == name).RunAsync(TestContext.Current.CancellationToken);
    }
}
