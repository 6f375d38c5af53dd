using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>A setting that Debian's server does not have is on an interface of its own, and on no other.</summary>
public sealed class LocationTests
{
    private const string Location = nameof(ClientSetting.Location);

    [Fact]
    public async Task Set_Text_IsInForceAndSignalledByItsInterfaceAlone()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        await rig.Caller.SetAsync(Rig.Foo, Location, VariantValue.String("räck 3"), Caller.ClientExtension);

        Assert.Equal(
            ["/clients/foo Properties.PropertiesChanged(\"Server.Server.Client\", {\"Location\": \"räck 3\"}, [])", "reply to Set"],
            await rig.HearAsync());
        Assert.Equal("\"räck 3\"", await rig.Caller.GetAsync(Rig.Foo, Location, Caller.ClientExtension));
        Assert.Equal("räck 3", (await rig.Server.GetClientAsync("foo", TestContext.Current.CancellationToken))!.Settings.Location);
    }

    [Fact]
    public async Task GetAll_ItsInterface_HasTheSettingsThatDebiansServerDoesNotHave()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.StartsWith(
            "{\"Location\": \"\"",
            await rig.Caller.CallAsync(Rig.Foo, Caller.Properties, "GetAll", Caller.ClientExtension),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Caller.Client, Location)]
    [InlineData(Caller.OldClient, Location)]
    [InlineData(Caller.ClientExtension, "Host")]
    public async Task Get_OtherInterface_HasNoSuchProperty(string interfaceName, string property)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var (name, message) = await Caller.ErrorAsync(rig.Caller.GetAsync(Rig.Foo, property, interfaceName));

        Assert.Equal(("UnknownProperty", $"{interfaceName} has no property “{property}”"), (name, message));
    }

    [Fact]
    public async Task Set_TextThatIsNoChoice_IsRefusedAndChangesNothing()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var (name, message) = await Caller.ErrorAsync(
            rig.Caller.SetAsync(Rig.Foo, nameof(ClientSetting.WhenCutOff), VariantValue.String("never"), Caller.ClientExtension));

        Assert.Equal(("InvalidArgs", "the when cut off must be refuse, hold or serve"), (name, message));
        Assert.Empty(await rig.HearAsync());
    }

    [Fact]
    public async Task Set_NoText_IsRefusedAndChangesNothing()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var (name, _) = await Caller.ErrorAsync(
            rig.Caller.SetAsync(Rig.Foo, Location, VariantValue.Array(new[] { "x" }), Caller.ClientExtension));

        Assert.Equal("InvalidArgs", name);
        Assert.Empty(await rig.HearAsync());
    }
}
