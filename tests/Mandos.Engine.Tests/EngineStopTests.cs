using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Protocol;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests;

public sealed class EngineStopTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void StopAsync_EverythingInFlight_EndsItAllSavesAndZeroes()
    {
        ClientDefinition a = EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) });
        ClientDefinition b = EngineRig.Define("b");
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(a, b);
        _rig.StartChecker("a");
        FakePeer held = _rig.Hold("a");
        FakePeer silent = _rig.Connect(new FakePeer());
        FakePeer shaking = _rig.Connect(new FakePeer().SendHello());
        FakePeer writing = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("b")));
        FakePeer closing = _rig.Connect(new FakePeer { ClosesAfterServer = false }.SendHello().Authenticate("nobody's"));
        _rig.Until(
            () => silent.Bytes.IsReadPending && shaking.InHandshake && writing.InWrite && closing.Bytes.IsReadPending
                && closing.SendIsShutDown,
            "all to be under way");

        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));

        Assert.All(new[] { held, silent, shaking, writing, closing }, static peer =>
        {
            Assert.True(peer.IsDisposed);
            Assert.Null(peer.Received);
        });
        Assert.Equal(0, _rig.Checker.CountRunning("a"));
        Assert.Equal((0, false), (_rig["a"].ApprovalsPending, _rig["a"].CheckerRunning));
        Assert.NotNull(_rig.Store["a"]);
        Assert.NotNull(_rig.Store["b"]);
        Drain();
        Assert.True(_rig.Events.Events.Completion.IsCompletedSuccessfully);
        _rig.Engine.Dispose();
        _rig.Engine.Dispose();
        Assert.Equal(-1, a.Secret.Memory.Span.IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, b.Secret.Memory.Span.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void TurnAwayAll_ConnectionsInEachPhase_AreClosedAndLaterOnesToo()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        FakePeer held = _rig.Hold("a");
        FakePeer silent = _rig.Connect(new FakePeer());
        FakePeer shaking = _rig.Connect(new FakePeer().SendHello());
        _rig.Until(() => silent.Bytes.IsReadPending && shaking.InHandshake, "all to be under way");

        _rig.Engine.TurnAwayAll();
        FakePeer late = _rig.Connect("a");

        _rig.Until(() => held.IsDisposed && silent.IsDisposed && shaking.IsDisposed && late.IsDisposed, "all to be closed");
        Assert.Null(held.Received);
        Assert.Null(late.Received);
        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void StopAsync_SecretJustSent_SavesTheExtendedExpiry()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { TakesWhatIsOnItsWay = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");

        Connection connection = Assert.Single(_rig.Engine.Parts.Connections.Table.All);
        Task stop = _rig.Engine.StopAsync(TestContext.Current.CancellationToken);
        _rig.Until(() => connection.Aborted.IsCancellationRequested, "the stop to begin");
        peer.TakeSecret();
        _rig.Run(stop);

        Assert.NotNull(peer.Received);
        Assert.Equal(TestClock.Epoch.AddMinutes(15), _rig.Store["a"]!.Client!.Expires);
    }

    [Fact]
    public void StopAsync_CheckDoesNotDieAndStoreHangs_GoesOnAfterFiveSecondsEach()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
        _rig.Store.Hang();

        Task stop = _rig.Engine.StopAsync(TestContext.Current.CancellationToken);
        int seconds = 0;
        for (; !stop.IsCompleted && seconds < 1000; seconds++)
        {
            _rig.Pass(TimeSpan.FromSeconds(1));
            SpinWait.SpinUntil(() => stop.IsCompleted, TimeSpan.FromMilliseconds(5));
        }

        _rig.Run(stop);
        Assert.True(seconds >= 9, $"after {seconds} s");
    }

    [Fact]
    public void StopAsync_Cancelled_StillStopsWithoutWaiting()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");

        _rig.Run(_rig.Engine.StopAsync(new CancellationToken(true)));

        Drain();
        Assert.True(_rig.Events.Events.Completion.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task StopAsync_CommandDuringIt_IsRefused()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromHours(1) }));
        _rig.StartChecker("a");
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
        Task stop = _rig.Engine.StopAsync(CancellationToken.None);
        _rig.Until(() => !_rig["a"].CheckerRunning, "the stop to begin");

        Task shorter = _rig.Engine.Server.ChangeAsync("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromMinutes(5)),
            EngineRig.Person, TestContext.Current.CancellationToken);
        Task check = _rig.Engine.Server.StartCheckerAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => shorter.IsCompleted && check.IsCompleted, "the commands to end");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shorter);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        _rig.RunningCheckOf("a").End(FakeChecker.Success);
        _rig.Run(stop);
        Assert.True(_rig.Store["a"]!.Client!.Enabled);
    }

    [Fact]
    public void Serve_AfterTheStop_ClosesTheConnection()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));

        FakePeer peer = _rig.Connect("a");

        Assert.True(peer.IsDisposed);
        Assert.Null(peer.Received);
    }

    [Fact]
    public async Task StartAsync_RealLoop_ServesAndStops()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var tls = new FakeTls();
        var store = new FakeStore();
        using var engine = new MandosEngine(
            new EngineOptions(), tls, store, new Dictionary<string, Abstractions.Checking.IChecker>(), TimeProvider.System,
                new TestLog());
        await engine.StartAsync(new ClientConfiguration([EngineRig.Define("a")]), cancellation);
        Assert.False(engine.Completion.IsCompleted);
        using ServerSubscription events = await engine.Server.SubscribeAsync(cancellation);
        FakePeer peer = new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret();
        tls.Add(peer);

        engine.Serve(peer);
        while (await events.Events.ReadAsync(cancellation) is not GotSecret)
        {
        }

        await engine.Server.DisableAsync("a", EngineRig.Person, cancellation);
        Assert.False((await engine.Server.GetClientAsync("a", cancellation))!.Enabled);
        Assert.Null(await engine.Server.GetClientAsync("b", cancellation));
        await Assert.ThrowsAsync<UnknownClientException>(() => engine.Server.EnableAsync("b", EngineRig.Person, cancellation));
        await engine.StopAsync(cancellation);

        Assert.True(engine.Completion.IsCompletedSuccessfully);
        Assert.NotNull(peer.Received);
        Assert.False(store["a"]!.Client!.Enabled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Server.EnableAsync("a", EngineRig.Person, cancellation));
    }

    private void Drain()
    {
        while (_rig.Events.Events.TryRead(out _))
        {
        }
    }
}
