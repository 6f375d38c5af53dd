using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>Reboots and rehearsals that are expected, on the interface that Debian's server does not have.</summary>
public sealed class RebootTests
{
    [Fact]
    public async Task ExpectReboot_OfAClient_IsShownAndSignalledByItsInterfaceAlone()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));
        Assert.Equal("(\"\", \"\", false)", await rig.Caller.GetAsync(Rig.Foo, "ExpectedReboot", Caller.ClientExtension));

        await rig.Caller.CallAsync(Rig.Foo, Caller.ClientExtension, "ExpectReboot", 1_800_000UL, "kernel", true);

        string signal = Assert.Single(await rig.HearAsync(), static text => !text.StartsWith("reply to ", StringComparison.Ordinal));
        Assert.Matches(
            @"^/clients/foo Properties.PropertiesChanged\(""Server.Server.Client"", \{""ExpectedReboot"": \(""20[0-9T:.-]+"", ""kernel"", true\)\}, \[\]\)$", signal);
        ExpectedReboot reboot = (await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken))!.ExpectedReboot!;
        Assert.Equal(("kernel", true), (reboot.Reason, reboot.NeedsNoApproval));
        Assert.Contains("\"kernel\"", await rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", Caller.ClientExtension), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExpectReboot_DisabledOrTooLong_IsRefused()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("off") with { Enabled = false, Expires = null });

        Assert.Equal(
            ("Failed", "client “off” is disabled and gets no secret; enable it first"),
            await Caller.ErrorAsync(rig.Caller.CallAsync("/clients/off", Caller.ClientExtension, "ExpectReboot", 1000UL, "", false)));
        Assert.Equal(
            ("InvalidArgs", "a reboot can be expected for at most 7 days"),
            await Caller.ErrorAsync(rig.Caller.CallAsync(Rig.Foo, Caller.ClientExtension, "ExpectReboot", 700_000_000UL, "", false)));
    }

    [Fact]
    public async Task ChangeClients_ExpectRebootAndRehearse_DoWhatTheMethodsDo()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"));

        await rig.Caller.ChangeClientsAsync(["/clients/foo", "/clients/bar"], "ExpectReboot", VariantValue.Struct(60_000UL, "", false));
        await rig.Caller.ChangeClientsAsync(["/clients/bar"], "Rehearse", VariantValue.UInt64(60_000));

        ClientSnapshot[] clients = [.. (await rig.Server.GetClientsAsync(TestContext.Current.CancellationToken)).OrderBy(static client => client.Name)];
        Assert.All(clients, static client => Assert.NotNull(client.ExpectedReboot));
        Assert.Equal([true, false], clients.Select(static client => client.RehearsalUntil is not null));
        Assert.Equal("InvalidArgs", (await Caller.ErrorAsync(rig.Caller.ChangeClientsAsync(["/clients/foo"], "ExpectReboot", VariantValue.Bool(true)))).Name);
    }

    [Fact]
    public async Task Events_OfRebootsAndRehearsals_AreSignals()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Publish(new RebootExpectationEnded(Rig.Client("foo"), new ExpectedReboot(Rig.At(1)), RebootEnding.SecretSent));
        rig.Server.Publish(new Rehearsed(Rig.Client("foo"), Rig.Request(3, "192.0.2.1"), "denied"));

        Assert.Equal(
            ["/clients/foo Server.Server.Client.RebootEnded(\"secret sent\")", "/clients/foo Server.Server.Client.Rehearsed(\"192.0.2.1\", \"denied\")"],
            await rig.HearAsync());
    }
}
