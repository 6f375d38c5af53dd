using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>A server that starts while the store cannot be reached, and becomes whole when it can.</summary>
public sealed class LateStartTests : IDisposable
{
    private readonly SharedRig _rig = new();
    private readonly FakeLastKnown _lastKnown = new();
    private readonly Guid _id = Guid.NewGuid();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Start_StoreDown_ServesNobodyUntilItIsUp()
    {
        EngineRig server = _rig.Start(null, null, isCutOff: true, Client("one"));

        FakePeer peer = _rig.Ask(server);
        Assert.Null(peer.Received);
        Assert.False(peer.InHandshake);
        Assert.NotNull(server.Engine.Health.Problem);

        Back(0);
        Assert.NotNull(_rig.Ask(server).Received);
        Assert.Null(server.Engine.Health.Problem);
    }

    [Fact]
    public void Start_StoreDown_SaysWhyOnce()
    {
        EngineRig server = _rig.Start(null, null, isCutOff: true, Client("one"));
        _rig.Pass(TimeSpan.FromMinutes(1));

        Assert.Single(server.Log.Lines, static line => line.Text.Contains("the shared store cannot be reached", StringComparison.Ordinal));
    }

    [Fact]
    public void Start_StoreDownAndMayBeServedButNothingIsKnown_IsRefused()
    {
        EngineRig server = _rig.Start(null, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));

        Assert.Null(_rig.Ask(server).Received);
    }

    [Fact]
    public void Start_StoreDownAndEnabledWhenItTold_IsServed()
    {
        Before(Client("one", CutOffBehaviour.Serve), Client("two"));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve), Client("two"));

        Assert.NotNull(_rig.Ask(server).Received);
        Assert.Null(_rig.Ask(server, "two").Received);

        Back(1);
        Assert.NotNull(_rig.Ask(server).Received);
        Assert.NotNull(_rig.Ask(server, "two").Received);
    }

    [Theory]
    [InlineData(CutOffBehaviour.Serve)]
    [InlineData(CutOffBehaviour.Hold)]
    public void Start_StoreDownAndDisabledWhenItTold_IsRefused(string whenCutOff)
    {
        Before(static server => Disable(server), Client("one", whenCutOff));

        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", whenCutOff));

        Assert.Null(_rig.Ask(server).Received);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Start_StoreDownAndServerEndedOnceADisableWasAcknowledged_IsRefused(int where)
    {
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: false, Client("one", CutOffBehaviour.Serve));
        _rig.Start(null, Client("one", CutOffBehaviour.Serve));
        _rig.Pass(SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1));

        _rig.Time(() => Disable(_rig.Servers[where]));
        _rig.Crash(server);

        EngineRig again = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));
        Assert.Null(_rig.Ask(again).Received);
    }

    [Fact]
    public void Start_StoreDownAndDisabledBetweenTheServersRuns_IsRefused()
    {
        Before(Client("one", CutOffBehaviour.Serve));
        EngineRig other = _rig.Start(null, Client("one", CutOffBehaviour.Serve));
        _rig.End(Disable(other));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: false, Client("one", CutOffBehaviour.Serve));
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Crash(server);

        EngineRig again = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));

        Assert.Null(_rig.Ask(again).Received);
    }

    [Fact]
    public void Start_StoreDownTwiceAndAMistakeInTheFilesMeanwhile_IsServed()
    {
        Before(Client("one", CutOffBehaviour.Serve), Client("two", CutOffBehaviour.Serve));
        EngineRig mistaken = _rig.StartCutOffWithout(_id, _lastKnown, "one", Client("two", CutOffBehaviour.Serve));
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Crash(mistaken);

        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));

        Assert.NotNull(_rig.Ask(server).Received);
    }

    [Fact]
    public void Disable_NothingCanBeKept_OtherServersAreNotHeldUp()
    {
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: false, Client("one", CutOffBehaviour.Serve));
        EngineRig other = _rig.Start(null, Client("one", CutOffBehaviour.Serve));
        _rig.Pass(SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1));
        _lastKnown.IsBroken = true;

        TimeSpan time = _rig.Time(() => Disable(other));

        Assert.True(time < SharedStateTiming.Permission, $"it took {time}, though all servers are alive");
        Assert.Contains(server.Log.Lines, static line => line.Text.Contains("cannot be kept", StringComparison.Ordinal));
    }

    [Fact]
    public void Start_StoreCancelsTheCalls_SaysSoAndIsWholeOnceItDoesNot()
    {
        EngineRig server = _rig.StartCancelled(Client("one"));
        _rig.Pass(TimeSpan.FromSeconds(5));
        Assert.Contains(server.Log.Lines, static line => line.Text.Contains("does not answer as it should", StringComparison.Ordinal));

        Back(0);

        Assert.NotNull(_rig.Ask(server).Received);
    }

    [Fact]
    public void Start_StoreDownAndDeniedWhenItTold_IsRefused()
    {
        ClientDefinition definition = EngineRig.Define("one", static s => s with { WhenCutOff = CutOffBehaviour.Serve, ApprovalDuration = TimeSpan.FromHours(1) });
        Before(static server => server.Engine.Server.ApproveAsync("one", false, EngineRig.Person, CancellationToken.None), definition);

        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, EngineRig.Define("one", _ => definition.Settings));

        Assert.Null(_rig.Ask(server).Received);
    }

    [Fact]
    public void Start_StoreDownAndPersonDecides_ReleasesHeld()
    {
        Before(Client("one", CutOffBehaviour.Hold));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Hold));
        FakePeer peer = server.Hold("one");

        _rig.End(server.Engine.Server.ApproveAsync("one", true, EngineRig.Person, CancellationToken.None));

        Assert.NotNull(server.Finish(peer).Received);
    }

    [Fact]
    public void Start_KeptIsDamaged_RefusesAndSaysSo()
    {
        Before(Client("one", CutOffBehaviour.Serve));
        _lastKnown.IsBroken = true;
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));

        Assert.Null(_rig.Ask(server).Received);
        Assert.Contains(server.Log.Lines, static line => line.Text.Contains("it is damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void Back_DisabledElsewhereMeanwhile_IsDisabledHere()
    {
        Before(Client("one", CutOffBehaviour.Serve), Client("two"));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve), Client("two"));
        EngineRig other = _rig.Start(null, Client("one", CutOffBehaviour.Serve), Client("two"));
        _rig.End(Disable(other));
        _rig.End(Disable(other, "two"));
        Assert.NotNull(_rig.Ask(server).Received);

        Back(1);

        Assert.False(server["one"].Enabled);
        Assert.False(server["two"].Enabled);
        Assert.Null(_rig.Ask(server).Received);
        Assert.Null(_rig.Ask(server, "two").Received);
    }

    [Fact]
    public void Back_DisabledHereMeanwhile_IsDisabledElsewhere()
    {
        Before(Client("one", CutOffBehaviour.Serve));
        EngineRig other = _rig.Start(null, Client("one", CutOffBehaviour.Serve));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));
        _rig.End(Disable(server));
        Assert.Null(_rig.Ask(server).Received);

        Back(2);

        Until("the other server disables it", () => !other["one"].Enabled);
        Assert.Null(_rig.Ask(other).Received);
    }

    [Fact]
    public void Back_DisabledHereMeanwhileAndStartedAgain_StaysRefused()
    {
        Before(Client("one", CutOffBehaviour.Serve));
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));
        _rig.End(Disable(server));

        _rig.Crash(server);
        EngineRig again = _rig.Start(_id, _lastKnown, isCutOff: true, Client("one", CutOffBehaviour.Serve));

        Assert.Null(_rig.Ask(again).Received);
    }

    [Fact]
    public void Back_FilesWereEditedMeanwhile_TheEditWins()
    {
        Before(Client("one", CutOffBehaviour.Serve), Client("two"), EngineRig.Define("three", enabled: false));
        EngineRig server = _rig.Start(
            _id, _lastKnown, isCutOff: true, EngineRig.Define("one", static s => s with { WhenCutOff = CutOffBehaviour.Serve, Host = "new" }),
            EngineRig.Define("two", enabled: false), EngineRig.Define("three"));

        Back(1);

        Assert.Equal("new", server["one"].Settings.Host);
        Assert.False(server["two"].Enabled);
        Assert.True(server["three"].Enabled);
        Until("the store has it", () => _rig.Truth.Clients["one"].Control!.Settings.Host == "new" && !_rig.Truth.Clients["two"].Control!.Enabled);
    }

    [Fact]
    public void Back_RemovedOrRenamedElsewhere_GetsNothingUnderAnyName()
    {
        Before(
            static async server =>
            {
                await server.Engine.Server.RemoveAsync("one", EngineRig.Person, CancellationToken.None);
                return await Disable(server, "two");
            },
            Client("one"), Client("two"));
        EngineRig server = _rig.Start(
            _id, _lastKnown, isCutOff: true, Client("one"),
            EngineRig.Define("renamed", static s => s with { KeyId = EngineRig.KeyId("two") }));

        Back(1);

        Assert.Null(_rig.Ask(server).Received);
        Assert.Null(_rig.Ask(server, "two").Received);
    }

    [Fact]
    public void Reload_WhileTheStoreIsDown_WaitsWithThoseThatItDoesNotKnow()
    {
        EngineRig server = _rig.Start(null, null, isCutOff: true, Client("one"));
        server.File = static () => [Client("one", CutOffBehaviour.Serve), Client("two", CutOffBehaviour.Serve)];
        _rig.End(server.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));

        Assert.Null(_rig.Ask(server).Received);
        Assert.Null(_rig.Ask(server, "two").Received);

        Back(0);
        Assert.NotNull(_rig.Ask(server).Received);
        Assert.NotNull(_rig.Ask(server, "two").Received);
    }

    [Fact]
    public void Back_NobodySawTheClientMeanwhile_ItsExpiryInTheStoreStands()
    {
        Before(Unchecked());
        EngineRig other = _rig.Start(null, Unchecked());
        _rig.Pass(TimeSpan.FromMinutes(3));
        TimeSpan left = Left(other);
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: true, Unchecked());
        _rig.Pass(TimeSpan.FromSeconds(5));
        Back(2);

        Assert.InRange(Left(other), left - TimeSpan.FromSeconds(20), left);
        Assert.InRange(Left(server), left - TimeSpan.FromSeconds(20), left);

        // With an interval that leaves no time for a check
        static ClientDefinition Unchecked() => EngineRig.Define(
            "one", static settings => settings with { WhenCutOff = CutOffBehaviour.Serve, Interval = TimeSpan.FromHours(1) });

        static TimeSpan Left(EngineRig server) => server["one"].Expires!.Value - server.Clock.GetUtcNow();
    }

    private static ClientDefinition Client(string name, string whenCutOff = CutOffBehaviour.Refuse)
        => EngineRig.Define(name, settings => settings with { WhenCutOff = whenCutOff });

    /// <summary>Has the server run before, with the store.</summary>
    /// <param name="act">What happens then; null for nothing.</param>
    /// <param name="clients">Its clients.</param>
    private void Before(Func<EngineRig, Task<CommandResult>>? act, params ClientDefinition[] clients)
    {
        EngineRig server = _rig.Start(_id, _lastKnown, isCutOff: false, clients);
        _rig.Pass(SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1));
        if (act is not null)
        {
            _rig.Time(() => act(server));
            _rig.Pass(TimeSpan.FromSeconds(2));
        }

        _rig.Crash(server);
    }

    private void Before(params ClientDefinition[] clients) => Before(null, clients);

    private static Task<CommandResult> Disable(EngineRig server, string client = "one")
        => server.Engine.Server.DisableAsync(client, EngineRig.Person, CancellationToken.None);

    private void Back(int server)
    {
        _rig.Stores[server].IsCutOff = false;
        Until("it becomes whole", () => _rig.Servers[server].Engine.Health.Problem is null);
        _rig.Pass(TimeSpan.FromSeconds(2));
    }

    private void Until(string what, Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"in vain: {what}");
            _rig.Pass(TimeSpan.FromMilliseconds(50));
            SharedRig.LetPoolRun();
        }
    }
}
