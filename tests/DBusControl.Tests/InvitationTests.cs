using DBusControl.Tests.Support;
using Mandos.PluginContracts.Control;
using Mandos.TestKit.Control;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>Invitations on D-Bus.</summary>
public sealed class InvitationTests
{
    [Fact]
    public async Task Methods_OfInvitations_CarryThemOut()
    {
        await using var rig = Rig.Create();
        var invitations = new FakeInvitations();
        await rig.StartAllAsync(new InMemoryServer([]) { Invitations = invitations });

        string made = await CallAsync(rig, "Invite", VariantValue.String("new"), VariantValue.UInt64(3_600_000));
        Assert.StartsWith("\"secret\", \"abcd\", [", made, StringComparison.Ordinal);
        Assert.EndsWith("], \"1970-01-01T01:00:00\"", made, StringComparison.Ordinal);
        Assert.Equal(
            "[(\"new\", \"1970-01-01T00:00:00\", \"1970-01-01T01:00:00\", \"1970-01-01T00:00:00\", \"::1\", \"AB\")]", await CallAsync(rig, "GetInvitations"));
        await CallAsync(rig, "EndInvitation", VariantValue.String("new"), VariantValue.Bool(true));
        Assert.Equal("[]", await CallAsync(rig, "GetInvitations"));

        DBusErrorReplyException e = await Assert.ThrowsAsync<DBusErrorReplyException>(
            () => CallAsync(rig, "EndInvitation", VariantValue.String("new"), VariantValue.Bool(true)));
        Assert.Equal("se.recompile.Mandos.Server.Error.Invitation", e.ErrorName);
        invitations.TrustsNobody = true;
        e = await Assert.ThrowsAsync<DBusErrorReplyException>(() => CallAsync(rig, "GetInvitedSection", VariantValue.String("new")));
        Assert.Equal(("org.freedesktop.DBus.Error.AccessDenied", "only root"), (e.ErrorName, e.ErrorMessage));
    }

    [Fact]
    public async Task Methods_OfInvitationsThatAreOff_SayHowToTurnThemOn()
    {
        await using var rig = Rig.Create();
        await rig.StartAllAsync(new InMemoryServer([]));

        DBusErrorReplyException e = await Assert.ThrowsAsync<DBusErrorReplyException>(() => CallAsync(rig, "GetInvitations"));

        Assert.Equal("org.freedesktop.DBus.Error.NotSupported", e.ErrorName);
        Assert.Contains("write “invitations = True” into mandos.conf", e.ErrorMessage, StringComparison.Ordinal);
    }

    private static Task<string> CallAsync(Rig rig, string method, params VariantValue[] arguments)
        => rig.Caller.CallAsync("/", Caller.Extension, method, arguments);
}
