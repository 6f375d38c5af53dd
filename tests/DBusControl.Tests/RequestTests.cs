using DBusControl.Tests.Support;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>The requests that wait for approval: who sees them, and what can be done with them.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task GetRequests_OfTwoClients_HasAllThatIsKnown()
    {
        await using var rig = await Rig.StartAsync(
            Rig.Client("foo") with { Requests = [Rig.Request(4, "192.0.2.1"), Rig.Request(7, "::1")] },
            Rig.Client("bar") with { Requests = [Rig.Request(2, "192.0.2.2")] },
            Rig.Client("baz"));

        Assert.Equal(
            "[(2, /clients/bar, \"bar\", \"192.0.2.2\", 4002, \"01AB\", \"2026-11-23T05:02:01\"), "
                + "(4, /clients/foo, \"foo\", \"192.0.2.1\", 4004, \"01AB\", \"2026-11-23T05:04:01\"), "
                + "(7, /clients/foo, \"foo\", \"::1\", 4007, \"01AB\", \"2026-11-23T05:07:01\")]",
            await GetAsync(rig));
    }

    [Fact]
    public async Task GetRequests_NoneOrGone_IsEmpty()
    {
        await using var rig = await Rig.StartAsync(
            Rig.Client("foo") with { Requests = [Rig.Request(1, "::1")] }, Rig.Client("bar") with { Requests = [Rig.Request(2, "::1")] });

        rig.Server.Update("foo", client => client with { Requests = [] });
        await rig.Server.RemoveAsync("bar", Rig.Person, TestContext.Current.CancellationToken);
        await rig.HearAsync();

        Assert.Equal("[]", await GetAsync(rig));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DecideRequest_ThatWaits_IsCarriedOut(bool approve)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Requests = [Rig.Request(4, "192.0.2.1"), Rig.Request(7, "::1")] });

        await DecideAsync(rig, 7, approve);

        Assert.Equal([(7L, approve)], rig.Server.Decisions);
        Assert.Empty(rig.Server.Approvals);
        Assert.DoesNotContain("::1", await GetAsync(rig), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(8UL)]
    [InlineData(ulong.MaxValue)]
    public async Task DecideRequest_ThatDoesNotWait_IsRefused(ulong id)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Requests = [Rig.Request(4, "192.0.2.1")] });

        (string name, string message) = await Caller.ErrorAsync(DecideAsync(rig, id, true));

        Assert.Equal("UnknownObject", name);
        Assert.Contains("waits for approval", message, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Decisions);
    }

    [Fact]
    public async Task Approve_DifferentAddressesWait_IsRefusedWithBoth()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo") with { Requests = [Rig.Request(4, "192.0.2.1"), Rig.Request(7, "::1")] });

        (string name, string message) = await Caller.ErrorAsync(
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", VariantValue.Bool(true)));

        Assert.Equal("se.recompile.Mandos.Server.ConflictingRequests", name);
        Assert.Contains("192.0.2.1, ::1", message, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Approvals);
        await rig.Caller.CallAsync(Rig.Foo, Caller.Client, "Approve", VariantValue.Bool(false));
        Assert.Equal([("foo", false)], rig.Server.Approvals);
    }

    private static Task<string> GetAsync(Rig rig)
        => rig.Caller.CallAsync("/", Caller.Extension, "GetRequests", Array.Empty<VariantValue>());

    private static Task<string> DecideAsync(Rig rig, ulong id, bool approve)
        => rig.Caller.CallAsync("/", Caller.Extension, "DecideRequest", VariantValue.UInt64(id), VariantValue.Bool(approve));
}
