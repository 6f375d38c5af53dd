using DBusControl.Tests.Support;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>GetClients gives all clients in pages.</summary>
public sealed class PagesTests
{
    [Fact]
    public async Task GetClients_PageAfterPage_HasEachClientOnce()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"), Rig.Client("baz"));

        var first = await PageAsync(rig, 0, 2);
        var second = await PageAsync(rig, 2, 2);
        var third = await PageAsync(rig, 3, 2);

        Assert.Equal(["foo", "bar"], NamesIn(first));
        Assert.Equal(["baz"], NamesIn(second));
        Assert.Empty(NamesIn(third));
        Assert.DoesNotContain("Secret", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetClients_LastOneIsRemoved_GoesOnBehindIt()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar"), Rig.Client("baz"));

        await PageAsync(rig, 0, 2);
        await rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.ObjectPath("/clients/bar"));

        Assert.Equal(["baz"], NamesIn(await PageAsync(rig, 2, 100)));
        Assert.Equal(["foo", "baz"], NamesIn(await PageAsync(rig, 0, 100)));
        Assert.Empty(NamesIn(await PageAsync(rig, 0, 0)));
    }

    private static Task<string> PageAsync(Rig rig, ulong after, uint count) => rig.Caller.CallAsync(
        "/", Caller.Extension, "GetClients", VariantValue.UInt64(after), VariantValue.UInt32(count));

    private static string[] NamesIn(string page)
        => [.. System.Text.RegularExpressions.Regex.Matches(page, "\"Name\": \"(\\w+)\"").Select(match => match.Groups[1].Value)];
}
