using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>What a server does for a client while it is cut off from the store, as <see cref="ClientSettings.WhenCutOff"/> says.</summary>
public sealed class CutOffTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Serve_CutOff_GivesSecretAsLastKnown()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Serve));

        CutOff();

        Assert.NotNull(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Serve_DisabledBeforeCutOff_IsRefused()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Serve));
        _rig.Time(() => _rig.A.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None));

        CutOff();

        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Serve_DeniedBeforeCutOff_IsRefused()
    {
        _rig.StartSame(2, static settings => settings with { WhenCutOff = CutOffBehaviour.Serve, ApprovalDuration = TimeSpan.FromHours(1) });
        _rig.Time(() => _rig.A.Engine.Server.ApproveAsync("one", false, EngineRig.Person, CancellationToken.None));

        CutOff();

        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Serve_DisabledHereWhileCutOff_IsRefused()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Serve));
        CutOff();

        _rig.End(_rig.B.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None));

        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Serve_ClientThatTheStoreNeverHad_IsRefusedUntilAPersonEnablesIt()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Serve));
        CutOff();
        _rig.B.File = static () => [EngineRig.Define("one", With(CutOffBehaviour.Serve)), EngineRig.Define("two", With(CutOffBehaviour.Serve))];
        _rig.End(_rig.B.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));

        Assert.Null(_rig.Ask(_rig.B, "two").Received);
        Assert.NotNull(_rig.Ask(_rig.B).Received);

        _rig.End(_rig.B.Engine.Server.EnableAsync("two", EngineRig.Person, CancellationToken.None));
        Assert.NotNull(_rig.Ask(_rig.B, "two").Received);
    }

    [Fact]
    public void Hold_CutOff_WaitsUntilAPersonApprovesHere()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        CutOff();
        FakePeer peer = _rig.B.Hold("one");

        Task<CommandResult> approval = _rig.B.Engine.Server.ApproveAsync("one", true, EngineRig.Person, CancellationToken.None);
        _rig.B.Finish(peer);

        Assert.NotNull(peer.Received);
        Assert.False(_rig.End(approval).IsDurable);
    }

    [Fact]
    public void Hold_Denied_GetsNothing()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        CutOff();
        FakePeer peer = _rig.B.Hold("one");

        _rig.End(_rig.B.Engine.Server.ApproveAsync("one", false, EngineRig.Person, CancellationToken.None));

        Assert.Null(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_NobodyDecides_GetsNothingThoughApprovedByDefault()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        CutOff();
        FakePeer peer = _rig.B.Hold("one");

        _rig.Pass(TimeSpan.FromMinutes(4));
        Assert.False(peer.IsDisposed);
        _rig.Pass(TimeSpan.FromMinutes(1));

        Assert.Null(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_DisabledBeforeCutOff_IsRefusedAtOnce()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold), "one", "two");
        _rig.Time(() => _rig.A.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None));
        CutOff();

        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Hold_StoreBackMeanwhile_IsServedWithoutAPerson()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        CutOff();
        FakePeer peer = _rig.B.Hold("one");

        _rig.Stores[1].IsCutOff = false;
        _rig.Pass(TimeSpan.FromSeconds(2));

        Assert.NotNull(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_APersonHasItServedMeanwhile_IsServed()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        CutOff();
        FakePeer peer = _rig.B.Hold("one");

        _rig.End(_rig.B.Engine.Server.ChangeAsync(
            "one", ClientChange.Of(ClientSetting.WhenCutOff, CutOffBehaviour.Serve), EngineRig.Person, CancellationToken.None));
        _rig.Pass(TimeSpan.FromSeconds(2));

        Assert.NotNull(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_SecretOnItsWayWhenPermissionEnds_IsBrokenOff()
    {
        _rig.StartSame(2, With(CutOffBehaviour.Hold));
        FakePeer peer = _rig.B.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("one")));
        _rig.B.Until(() => _rig.B.Client("one").Granted is [{ IsBeingSent: true }], "the secret to be on its way");

        CutOff();

        Assert.Null(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_ApprovedElsewhereAndOnItsWayWhenPermissionEnds_IsBrokenOff()
    {
        _rig.StartSame(2, static settings => settings with { WhenCutOff = CutOffBehaviour.Hold, ApprovalDelay = TimeSpan.FromHours(1), ApprovalDuration = TimeSpan.FromHours(1) });
        _rig.Time(() => _rig.A.Engine.Server.ApproveAsync("one", true, EngineRig.Person, CancellationToken.None));
        FakePeer peer = _rig.B.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("one")));
        _rig.B.Until(() => _rig.B.Client("one").Granted is [{ IsBeingSent: true }], "the secret to be on its way");

        CutOff();

        Assert.Null(_rig.B.Finish(peer).Received);
    }

    [Fact]
    public void Hold_WaitsForApprovalAlreadyWhenPermissionEnds_GetsItByAPersonHere()
    {
        _rig.StartSame(2, static settings => settings with { WhenCutOff = CutOffBehaviour.Hold, ApprovalDelay = TimeSpan.FromHours(1) });
        FakePeer peer = _rig.B.Hold("one");
        CutOff();

        Task<CommandResult> approval = _rig.B.Engine.Server.ApproveAsync("one", true, EngineRig.Person, CancellationToken.None);
        _rig.B.Finish(peer);

        Assert.NotNull(peer.Received);
        Assert.False(_rig.End(approval).IsDurable);
    }

    [Fact]
    public void Refuse_WaitsForApprovalWhenPermissionEnds_IsSentOnToTheNextServer()
    {
        _rig.Start(null, EngineRig.Define("one", static s => s with { ApprovalDelay = TimeSpan.FromHours(1) }), EngineRig.Define("two", With(CutOffBehaviour.Serve)));
        _rig.Pass(SharedStateTiming.Acknowledgement);
        FakePeer peer = _rig.A.Hold("one");

        _rig.Stores[0].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));

        Assert.Null(_rig.A.Finish(peer).Received);
        Assert.Null(_rig.Ask(_rig.A).Received);
        Assert.NotNull(_rig.Ask(_rig.A, "two").Received);
    }

    [Fact]
    public void Refuse_InHandshakeWhenPermissionEnds_IsClosed()
    {
        _rig.StartSame(2);
        FakePeer peer = _rig.B.Connect(new FakePeer().SendHello());
        _rig.B.Until(() => peer.InHandshake, "the handshake");

        CutOff();

        _rig.B.Finish(peer);
    }

    [Fact]
    public void Change_ByAPersonWhileCutOff_HoldsHere()
    {
        _rig.StartSame(2);
        CutOff();
        Assert.Null(_rig.Ask(_rig.B).Received);

        Task<CommandResult> change = _rig.B.Engine.Server.ChangeAsync(
            "one", ClientChange.Of(ClientSetting.WhenCutOff, CutOffBehaviour.Serve), EngineRig.Person, CancellationToken.None);

        Assert.False(_rig.End(change).IsDurable);
        Assert.NotNull(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Change_OnOneServer_HoldsAtOther()
    {
        _rig.StartSame(2);

        _rig.Time(() => _rig.A.Engine.Server.ChangeAsync(
            "one", ClientChange.Of(ClientSetting.WhenCutOff, CutOffBehaviour.Serve), EngineRig.Person, CancellationToken.None));
        CutOff();

        Assert.NotNull(_rig.Ask(_rig.B).Received);
    }

    private static Func<ClientSettings, ClientSettings> With(string whenCutOff) => settings => settings with { WhenCutOff = whenCutOff };

    /// <summary>Cuts the second server off for so long that it may not give secrets by what the store says.</summary>
    private void CutOff()
    {
        _rig.Stores[1].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));
    }
}
