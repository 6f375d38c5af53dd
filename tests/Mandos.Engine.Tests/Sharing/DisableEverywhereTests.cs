using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

public sealed class DisableEverywhereTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Serve_WithPermission_GivesSecretAtEachServer()
    {
        _rig.StartSame(2);

        Assert.NotNull(_rig.Ask(_rig.A).Received);
        Assert.NotNull(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Disable_OnOneServer_OtherRefuses()
    {
        _rig.StartSame(2);

        TimeSpan time = _rig.Time(() => Disable(_rig.A));

        Assert.Null(_rig.Ask(_rig.B).Received);
        Assert.False(_rig.B["one"].Enabled);
        Assert.True(time < SharedStateTiming.Permission, $"it took {time}, though all servers are alive");
    }

    [Fact]
    public void Disable_OtherServerDoesNotConfirm_IsAcknowledgedWhenItsPermissionHasEnded()
    {
        _rig.StartSame(2);
        _rig.Stores[1].IsCutOff = true;

        TimeSpan time = _rig.Time(() => Disable(_rig.A));

        Assert.InRange(time, SharedStateTiming.Acknowledgement, SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(0.5));
        Assert.True(_rig.B["one"].Enabled);
        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Commands_BeforeTheFirstSyncWhileAnotherServerAddsTheClient_Hold()
    {
        _rig.StartCutOffOnceLoaded(EngineRig.Define("one"));
        _rig.Start(null, EngineRig.Define("one"));
        Task<CommandResult> disable = Disable(_rig.A);
        Task<CommandResult> change = _rig.A.Engine.Server.ChangeAsync(
            "one", ClientChange.Of(ClientSetting.Interval, TimeSpan.FromHours(7)), EngineRig.Person, CancellationToken.None);
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.True(_rig.B["one"].Enabled);

        _rig.Stores[0].IsCutOff = false;

        Assert.True(_rig.End(disable).IsDurable);
        Assert.True(_rig.End(change).IsDurable);
        Assert.False(_rig.A["one"].Enabled);
        Assert.False(_rig.B["one"].Enabled);
        Assert.Equal(TimeSpan.FromHours(7), _rig.B["one"].Settings.Interval);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deny_OtherServerLearnsOfItOnceItHasEnded_RefusesWhatWaitedThen(bool isChangedThen)
    {
        _rig.StartSame(2, static settings => settings with { ApprovalDelay = TimeSpan.FromMinutes(1), ApprovalDuration = TimeSpan.FromSeconds(1) });
        FakePeer peer = _rig.B.Hold("one");
        _rig.Stores[1].IsCutOff = true;
        Task<CommandResult> denial = _rig.A.Engine.Server.ApproveAsync("one", false, EngineRig.Person, CancellationToken.None);
        _rig.Pass(TimeSpan.FromSeconds(3));
        Task<CommandResult>? change = isChangedThen
            ? _rig.A.Engine.Server.ChangeAsync("one", ClientChange.Of(ClientSetting.Host, "new"), EngineRig.Person, CancellationToken.None) : null;
        _rig.Pass(TimeSpan.FromSeconds(1));

        _rig.Stores[1].IsCutOff = false;

        Assert.True(_rig.End(denial).IsDurable);
        Assert.True(change is null || _rig.End(change).IsDurable);
        FakePeer later = _rig.B.Hold("one");
        _rig.Pass(TimeSpan.FromMinutes(1));
        Assert.Null(_rig.B.Finish(peer).Received);
        Assert.NotNull(_rig.B.Finish(later).Received);
    }

    [Fact]
    public void Disable_StoreUnreachable_IsInForceHereAndSaysThatItIsNotSure()
    {
        _rig.StartSame(2);
        _rig.Stores[0].IsCutOff = true;

        CommandResult result = _rig.End(Disable(_rig.A));

        Assert.Contains("not sure to hold at every server", result.Problem, StringComparison.Ordinal);
        Assert.False(_rig.A["one"].Enabled);
        Assert.True(_rig.B["one"].Enabled);
        _rig.Stores[0].IsCutOff = false;
        _rig.Pass(TimeSpan.FromSeconds(3));
        Assert.False(_rig.B["one"].Enabled);
    }

    [Fact]
    public void Serve_CutOffForLong_IsTurnedAwayAtOnce()
    {
        _rig.StartSame(2);
        _rig.Stores[1].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));

        FakePeer peer = _rig.Ask(_rig.B);

        Assert.Null(peer.Received);
        Assert.False(peer.InHandshake);
        _rig.Stores[1].IsCutOff = false;
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.NotNull(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void Enable_NotCommitted_GivesNoSecret()
    {
        _rig.StartSame(2);
        _rig.Time(() => Disable(_rig.A));
        _rig.Stores[0].IsCutOff = true;

        Task<CommandResult> enable = _rig.A.Engine.Server.EnableAsync("one", EngineRig.Person, CancellationToken.None);
        _rig.Settle();

        Assert.True(_rig.A["one"].Enabled);
        Assert.Null(_rig.Ask(_rig.A).Received);
        Assert.False(_rig.End(enable).IsDurable);
    }

    [Fact]
    public void Enable_DisabledElsewhereMeanwhile_DoesNotUndoThat()
    {
        _rig.StartSame(2);
        _rig.Time(() => Disable(_rig.A));
        _rig.Stores[0].IsCutOff = true;
        Task<CommandResult> enable = _rig.A.Engine.Server.EnableAsync("one", EngineRig.Person, CancellationToken.None);
        _rig.Settle();
        Task<CommandResult> disable = Disable(_rig.B);
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Stores[0].IsCutOff = false;

        Assert.Contains("another server has changed the client", _rig.End(enable).Problem, StringComparison.Ordinal);

        Assert.True(_rig.End(disable).IsDurable);
        Assert.False(_rig.A["one"].Enabled);
        Assert.Null(_rig.Ask(_rig.A).Received);
    }

    // What differs from the store meanwhile would be taken for decided here: a denial elsewhere that is not applied yet would be undone.
    [Fact]
    public void Due_WhileWhatTheStoreSaysIsApplied_IsSentAfterwards()
    {
        _rig.StartSame(2);
        SharedKeeper keeper = _rig.B.Engine.Parts.Shared!.Keeper;
        Assert.True(_rig.B.Engine.Parts.Clients.TryGet("one", out Client? client));
        int before = _rig.Stores[1].CommandCount;

        keeper.WhileApplying(keeper.EntryOf("one"), () =>
        {
            keeper.Due(client);
            Assert.Equal(before, _rig.Stores[1].CommandCount);
        });
        _rig.Pass(TimeSpan.FromSeconds(2));

        Assert.Equal(before + 1, _rig.Stores[1].CommandCount);
    }

    [Fact]
    public void Remove_OnOneServer_HoldsAtOther()
    {
        _rig.StartSame(2);

        _rig.Time(() => _rig.A.Engine.Server.RemoveAsync("one", EngineRig.Person, CancellationToken.None));

        Assert.Equal(0, _rig.B.Engine.ClientCount);
        Assert.Null(_rig.Ask(_rig.B).Received);
    }

    [Fact]
    public void SetSecret_OnOneServer_OtherGivesIt()
    {
        _rig.StartSame(2);

        _rig.Time(() => _rig.A.Engine.Server.SetSecretAsync("one", "new"u8.ToArray(), EngineRig.Person, CancellationToken.None));

        Assert.Equal("new"u8.ToArray(), _rig.Ask(_rig.B).Received);
    }

    private static Task<CommandResult> Disable(EngineRig server)
        => server.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None);
}
