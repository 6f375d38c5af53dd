using System.Net.Sockets;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.MdnsAnnouncer;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Microsoft.Extensions.Time.Testing;
using Tmds.DBus.Protocol;

namespace MdnsAnnouncer.Tests;

/// <summary>With the setting only_without_avahi the plugin stands in for Avahi, while that is away.</summary>
public sealed class OnlyWithoutAvahiTests
{
    private const int Waiting = 4240;
    private const int StandingIn = 4241;
    private const string AvahiName = "org.freedesktop.Avahi";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Run_AvahiComesAndGoes_StandsInWhileItIsAway()
    {
        await using DBusDaemon bus = new(DBusDaemon.OpenRules);
        await bus.RestartAsync();
        using var avahi = new DBusConnection(bus.Address);
        await avahi.ConnectAsync();
        Assert.True(await avahi.TryRequestNameAsync(AvahiName, RequestNameOptions.None));
        TestPluginContext context = Context("true");
        using var stop = new CancellationTokenSource();
        Task run = Start(context, bus.Address, stop.Token);
        await Patience.UntilAsync("it has seen Avahi", () => Told(context, Waiting, "True") == 1);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, Told(context, StandingIn, ""));

        await avahi.ReleaseNameAsync(AvahiName);
        await Patience.UntilAsync("it has seen that Avahi is gone", () => Told(context, Waiting, "False") == 2);
        await AdvanceUntilAsync("it stands in", () => Told(context, StandingIn, "") == 1);

        Assert.True(await avahi.TryRequestNameAsync(AvahiName, RequestNameOptions.None));
        await Patience.UntilAsync("it has seen Avahi again", () => Told(context, Waiting, "True") == 2);

        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Run_NoBus_StandsIn()
    {
        TestPluginContext context = Context("true");
        using var stop = new CancellationTokenSource();
        Task run = Start(context, "unix:path=/nonexistent", stop.Token);

        await AdvanceUntilAsync("it stands in", () => Told(context, StandingIn, "") == 1);

        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public void Constructor_OtherSetting_IsRefused() => Assert.Equal(
        "only_without_avahi", Assert.Throws<PluginSettingException>(() => new MulticastAnnouncer(Context("perhaps"))).Setting);

    private static Task Start(TestPluginContext context, string bus, CancellationToken cancellationToken)
    {
        const int Loopback = 1; // reaches no network
        var service = new ServiceDescription
        {
            Name = "Mandos", Type = "_mandos-test._tcp", Port = 9, InterfaceIndex = Loopback, AddressFamily = AddressFamily.InterNetwork,
        };
        return new MulticastAnnouncer(context) { Address = bus }.RunAsync(service, new Progress<string>(), cancellationToken);
    }

    /// <summary>Lets time pass second by second, as whoever waits for it may begin to do so only meanwhile.</summary>
    private Task AdvanceUntilAsync(string what, Func<bool> condition) => Patience.UntilAsync(what, () =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return condition();
    });

    private static int Told(TestPluginContext context, int id, string text)
        => context.Logged.Count(line => line.Id.Id == id && line.Text.Contains(text, StringComparison.Ordinal));

    private TestPluginContext Context(string setting) => new()
    {
        TimeProvider = _time, Settings = new Dictionary<string, string> { ["only_without_avahi"] = setting },
    };
}
