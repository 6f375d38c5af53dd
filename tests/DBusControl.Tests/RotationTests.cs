using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>Changes of clients' keys, on the interface that Debian's server does not have.</summary>
public sealed class RotationTests
{
    private static ClientSnapshot Rotating(string name) => Rig.Client(name) with { Rotation = new KeyRotation { NextKeyId = "NEXT", TriedAt = Rig.At(1) } };

    [Fact]
    public async Task Promote_OfAClient_IsShownByItsInterfaceAlone()
    {
        await using var rig = await Rig.StartAsync(Rotating("foo"), Rig.Client("bar"));
        Assert.Matches(@"^\(""NEXT"", ""20[0-9T:.-]+"", """", """", false\)$", await rig.Caller.GetAsync(Rig.Foo, "Rotation", Caller.ClientExtension));
        Assert.Equal("(\"\", \"\", \"\", \"\", false)", await rig.Caller.GetAsync("/clients/bar", "Rotation", Caller.ClientExtension));

        await rig.Caller.CallAsync(Rig.Foo, Caller.ClientExtension, "Promote", (string[])[]);

        Assert.Equal("NEXT", (await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken))!.Settings.KeyId);
        Assert.Equal("Failed", (await Caller.ErrorAsync(rig.Caller.CallAsync("/clients/bar", Caller.ClientExtension, "Promote", (string[])[]))).Name);
    }

    [Fact]
    public async Task ChangeClients_Promote_DoesWhatTheMethodDoes()
    {
        await using var rig = await Rig.StartAsync(Rotating("foo"));

        await rig.Caller.ChangeClientsAsync([Rig.Foo], "Promote", VariantValue.Bool(true));

        Assert.Equal("NEXT", (await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken))!.Settings.KeyId);
    }

    [Fact]
    public async Task Events_OfPromotions_AreSignals()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        rig.Server.Publish(new KeyPromoted(Rig.Client("foo"), "OLD", IsTried: true));

        Assert.Contains("/clients/foo Server.Server.Client.KeyPromoted(\"OLD\", true)", await rig.HearAsync());
    }
}
