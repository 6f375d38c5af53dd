using System.Text;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Protocol;

/// <summary>Whole connections, through the engine.</summary>
public sealed class ConnectionTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Connection_Entitled_GetsItsSecretAndACleanClose()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));

        FakePeer peer = _rig.Serve("b");

        Assert.Equal(EngineRig.FileSecret("b"), Text(peer));
        Assert.True(peer.GotCloseNotify && peer.SendIsShutDown && peer.SessionIsDisposed);
        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Text.Contains("S3CRET", StringComparison.Ordinal));
    }

    [Fact]
    public void Connection_EmptySecret_IsSentAsNothing()
    {
        _rig.Start(EngineRig.Define("a", secret: ""));

        FakePeer peer = _rig.Serve("a");

        Assert.Equal("", Text(peer));
        Assert.Contains("GotSecret", _rig.TakeEvents());
    }

    [Fact]
    public void Connection_SecretReplacedWhileItWaits_GetsTheNewOne()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer peer = _rig.Hold("a");

        _rig.SetSecret("a", "new"u8.ToArray());
        _rig.Approve("a", true);

        Assert.Equal("new", Text(_rig.Finish(peer)));
    }

    [Fact]
    public void Connection_SecretReplacedInAWriteThatCannotBeStopped_SendsTheOldOneWholeAndZeroesItAfterwards()
    {
        _rig.Start(EngineRig.Define("a"));
        Secret old = SetRunTimeSecret("first");
        FakePeer peer = _rig.Connect(
            new FakePeer { TakesWhatIsOnItsWay = true }.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");

        Task replaced = _rig.Engine.Server.SetSecretAsync("a", "second"u8.ToArray(), EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Client("a").Secret != old, "the new secret");
        Assert.Equal("first", Encoding.ASCII.GetString(old.Memory.Span));
        peer.TakeSecret();
        _rig.Run(replaced);
        _rig.Finish(peer);

        Assert.Equal("first", Text(peer));
        Assert.Equal(new byte[5], old.Memory.ToArray());
    }

    [Fact]
    public void Connection_FailedWrite_ChangesNothingAndReturnsTheSecret()
    {
        _rig.Start(EngineRig.Define("a"));
        Secret secret = SetRunTimeSecret("first");
        DateTimeOffset? expires = _rig["a"].Expires;
        _rig.TakeEvents();
        FakePeer peer = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")));

        peer.Write.SetException(new IOException("reset"));
        _rig.Finish(peer);
        _rig.SetSecret("a", "second"u8.ToArray());

        Assert.Equal(expires, _rig["a"].Expires);
        Assert.Equal(["Secret="], _rig.TakeEvents());
        Assert.True(_rig.Log.Has(LogLevel.Warning, "could not be sent"));
        Assert.Equal(new byte[5], secret.Memory.ToArray());
    }

    [Fact]
    public void Connection_WriteHangs_EndsAfterItsTimeAndCountsDown()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        FakePeer peer = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWait, "the wait");
        _rig.Pass(TimeSpan.FromSeconds(50)); // past the limits of the phases before
        _rig.Approve("a", true);
        _rig.Until(() => peer.InWrite, "the write");
        Assert.Equal(1, _rig["a"].ApprovalsPending);

        _rig.Pass(TimeSpan.FromSeconds(29.9));
        Assert.False(peer.IsDisposed);
        _rig.Pass(TimeSpan.FromSeconds(0.1));
        _rig.Finish(peer);

        Assert.Null(peer.Received);
        Assert.Equal(0, _rig["a"].ApprovalsPending);
    }

    [Fact]
    public void Connection_FaultWhileItWaits_IsSettledAndEndsAlone()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        FakePeer faulty = _rig.Hold("a");
        FakePeer other = _rig.Hold("a");

        faulty.Gone.SetException(new InvalidOperationException("a fault"));
        _rig.Until(() => faulty.IsDisposed && _rig["a"].ApprovalsPending == 1, "the faulty one to end");
        _rig.Approve("a", true);
        _rig.Finish(other);

        Assert.Null(faulty.Received);
        Assert.Equal(EngineRig.FileSecret("a"), Text(other));
        Assert.Equal(0, _rig["a"].ApprovalsPending);
    }

    [Fact]
    public void Connection_ApprovedAndFaultyAtOnce_LeaksNeitherSecretNorCount()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        Secret secret = _rig.Client("a").Secret;
        FakePeer peer = _rig.Hold("a");

        // The approval stands in the loop's queue before the connection notices its fault.
        Task approve = _rig.Engine.Server.ApproveAsync("a", true, EngineRig.Person, TestContext.Current.CancellationToken);
        peer.Gone.SetException(new InvalidOperationException("a fault"));
        SpinWait.SpinUntil(() => _rig.Log.Has(LogLevel.Error, "unexpected error"));
        _rig.Run(approve);
        _rig.Finish(peer);

        Assert.Equal(0, _rig["a"].ApprovalsPending);
        _rig.Engine.Dispose();
        Assert.Equal(-1, secret.Memory.Span.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Connection_UnexpectedException_EndsThatOneAlone()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();
        peer.Handshake.SetException(new InvalidOperationException("a fault"));
        _rig.Connect(peer.SendHello());

        _rig.Finish(peer);

        Assert.True(_rig.Log.Has(LogLevel.Error, "unexpected error"));
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("a")));
    }

    [Fact]
    public void Connection_CloseFails_StillLeaves()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { DisposeError = new InvalidOperationException("a fault") };

        _rig.Finish(_rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret()));

        Assert.Equal(EngineRig.FileSecret("a"), Text(peer));
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("a")));
    }

    [Fact]
    public void Connection_OpenPgpKeyTooLong_IsThePeersFault()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Finish(_rig.Connect(new FakePeer().SendHello().Authenticate(new string('k', 70_000), PeerKeyType.OpenPgp)));

        Assert.True(_rig.Log.Has(LogLevel.Warning, "OpenPGP key has 70000 bytes"));
        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Level >= LogLevel.Error);
    }

    [Theory]
    [InlineData("2\r\n", LogLevel.Error, "unknown protocol version")]
    [InlineData("\n", LogLevel.Error, "unknown protocol version")]
    public void Connection_WrongVersion_IsLoggedAndClosedWithoutTls(string line, LogLevel level, string text)
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();

        _rig.Finish(_rig.Connect(peer.SendHello(line).Authenticate(EngineRig.PublicKey("a")).TakeSecret()));

        Assert.True(_rig.Log.Has(level, text));
        Assert.Null(peer.Received);
        Assert.False(peer.SessionIsDisposed);
    }

    [Fact]
    public void Connection_GetsNoTurnInTime_IsClosedSoThatItsClientAsksAnotherServer()
    {
        _rig.Start(EngineRig.Define("a"));
        HandshakeTurns.Turn[] others = TakeAllTurns();
        FakePeer peer = _rig.Connect("a");
        _rig.Until(() => _rig.Engine.Parts.Connections.Turns.Waiting == 1, "it to wait for its turn");

        _rig.Pass(ProtocolLimits.AnswerTime - TimeSpan.FromMilliseconds(1));
        Assert.False(peer.IsDisposed);
        _rig.Pass(TimeSpan.FromMilliseconds(1));
        _rig.Finish(peer);

        Assert.Null(peer.Received);
        Assert.Equal(Outcome.Overloaded, _rig.Audit.Of(peer).Last().Outcome);
        Array.ForEach(others, static turn => turn.Dispose());
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("a")));
    }

    [Fact]
    public void Connection_LaterTurnComesTooLate_IsClosedToo()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();
        peer.Bytes.Send("1\r\n"u8.ToArray());
        _rig.Connect(peer);
        _rig.Until(() => peer.Bytes.IsReadPending, "it to be asked for more");
        HandshakeTurns.Turn[] others = TakeAllTurns();
        peer.Bytes.Send(peer.Hello);
        _rig.Until(() => _rig.Engine.Parts.Connections.Turns.Waiting == 1, "it to wait for its turn");

        _rig.Pass(ProtocolLimits.AnswerTime);
        Array.ForEach(others, static turn => turn.Give());
        _rig.Finish(peer);

        Assert.Equal(Outcome.Overloaded, _rig.Audit.Of(peer).Last().Outcome);
    }

    [Fact]
    public void Connection_HandshakeFails_IsLoggedAsWarning()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();
        peer.Handshake.SetException(new TlsHandshakeException("it presented no raw public key"));

        _rig.Finish(_rig.Connect(peer.SendHello()));

        Assert.True(_rig.Log.Has(LogLevel.Warning, "TLS handshake failed: it presented no raw public key"));
    }

    [Fact]
    public void Connection_PeerNeverCloses_IsLetGoAfterFiveSeconds()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { ClosesAfterServer = false };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Until(() => peer.SendIsShutDown && peer.Bytes.IsReadPending, "the server to close");

        _rig.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Finish(peer)));
    }

    [Fact]
    public void Connection_RefusedPeerNeverCloses_IsLetGoAfterASecond()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));
        var peer = new FakePeer { ClosesAfterServer = false };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.SendIsShutDown && peer.Bytes.IsReadPending, "the server to close");
        Assert.True(peer.GotCloseNotify);

        _rig.Pass(TimeSpan.FromSeconds(1));

        Assert.Null(_rig.Finish(peer).Received);
    }

    [Fact]
    public void Connection_PeerSendsWithoutEndWhileClosing_IsLetGo()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { ClosesAfterServer = false };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Until(() => peer.SendIsShutDown && peer.Bytes.IsReadPending, "the server to close");

        peer.Bytes.Send(new byte[20_000]);
        peer.Bytes.Send(new byte[20_000]);

        _rig.Finish(peer);
    }

    [Theory]
    [InlineData("some key")]
    [InlineData("key of disabled")]
    public void Connection_RefusedThatLingers_GivesWay(string key)
    {
        using var rig = new EngineRig { Options = new EngineOptions { MaxConnections = 4, MaxConnectionsPerAddress = 1 } };
        rig.Start(EngineRig.Define("a"), EngineRig.Define("disabled", enabled: false));
        var stranger = new FakePeer { ClosesAfterServer = false };
        rig.Connect(stranger.SendHello().Authenticate(key));
        rig.Until(() => stranger.SendIsShutDown, "the stranger to be turned away");

        FakePeer peer = rig.Connect("a");
        rig.Until(() => peer.IsDisposed && stranger.IsDisposed, "both to end");

        Assert.Equal(EngineRig.FileSecret("a"), Text(peer));
    }

    [Fact]
    public void Connection_GivesWayWithItsHandshakeJustDone_GetsNothingAndCountsNothing()
    {
        using var rig = new EngineRig { Options = new EngineOptions { MaxConnections = 4, MaxConnectionsPerAddress = 1 } };
        rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }), EngineRig.Define("b"));
        var first = new FakePeer();
        rig.Connect(first.SendHello().TakeSecret());
        rig.Until(() => first.InHandshake, "the handshake");

        // The newer one is before it in the loop's queue.
        rig.Engine.Parts.Services.Loop.Post(() => first.Authenticate(EngineRig.PublicKey("a")));
        FakePeer second = rig.Connect("b");
        rig.Until(() => first.IsDisposed && second.IsDisposed && rig.Engine.Parts.Connections.Table.All.Count == 0, "both to end");

        Assert.Equal(EngineRig.FileSecret("b"), Text(second));
        Assert.Equal(["Expires=900", "ProvenAt=0", "GotSecret"], rig.TakeEvents());
    }

    private static string? Text(FakePeer peer) => peer.Received is { } bytes ? Encoding.ASCII.GetString(bytes) : null;

    /// <summary>Leaves no turn for anybody else.</summary>
    private HandshakeTurns.Turn[] TakeAllTurns() => [.. Enumerable.Range(0, ProtocolLimits.ConcurrentTurns).Select(_ =>
    {
        HandshakeTurns.Turn turn = _rig.Engine.Parts.Connections.Turns.Enter([default], static () => { });
        Assert.True(SpinWait.SpinUntil(turn.TryTake, TimeSpan.FromSeconds(30)));
        return turn;
    })];

    private Secret SetRunTimeSecret(string text)
    {
        _rig.SetSecret("a", Encoding.ASCII.GetBytes(text));
        _rig.TakeEvents();
        return _rig.Client("a").Secret;
    }
}
