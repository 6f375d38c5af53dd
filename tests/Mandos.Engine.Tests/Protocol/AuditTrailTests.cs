using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Protocol;

/// <summary>Each way in which a connection can end gives one record, through the engine.</summary>
public sealed class AuditTrailTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Sent_ByDefault_HasAllThatIsKnown()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(new FakePeer());
        _rig.Until(() => peer.Bytes.IsReadPending, "the server to wait for the first line");
        _rig.Pass(TimeSpan.FromMilliseconds(1500));

        _rig.Finish(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());

        AuditRecord record = Single(peer, "sent", Outcome.ApprovedByDefault, EngineRig.KeyId("a"), "a");
        Assert.Equal(TestClock.Epoch.AddMilliseconds(1500), record.Time);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), record.Duration);
        Assert.Null(record.Detail);
        Assert.True(_rig.Log.Has(LogLevel.Information, $"Audit: decision=sent reason=\"approved by default\" peer={peer.RemoteEndPoint} "
            + $"key={EngineRig.KeyId("a")} client=\"a\" ms=1500"));
        Assert.DoesNotContain("S3CRET", string.Concat(_rig.Audit.Records), StringComparison.Ordinal);
    }

    [Fact]
    public void Sent_ClosingFailsUnexpectedly_IsRecordedOnceAsSent()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { CloseError = new InvalidOperationException("a fault") };

        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Until(() => peer.IsDisposed, "the connection to end");
        _rig.Settle();

        Assert.Equal("sent", Assert.Single(_rig.Audit.Of(peer)).Decision);
    }

    [Theory]
    [InlineData(true, Outcome.Approved)]
    [InlineData(false, Outcome.Denied)]
    public void Decided_ByAPersonWhileItWaits_SaysSo(bool approved, Outcome reason)
    {
        StartWithDelay();
        FakePeer peer = _rig.Hold("a");
        _rig.Approve("a", approved);
        _rig.Finish(peer);
        FakePeer later = _rig.Serve("a");

        Single(peer, reason.Decision(), reason, EngineRig.KeyId("a"), "a");
        Single(later, reason.Decision(), reason, EngineRig.KeyId("a"), "a");
    }

    [Theory]
    [InlineData(true, Outcome.ApprovedByDefault)]
    [InlineData(false, Outcome.ApprovalTimedOut)]
    public void Decided_ByTheEndOfTheDelay_SaysSo(bool byDefault, Outcome reason)
    {
        _rig.Start(EngineRig.Define("a",
            s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovedByDefault = byDefault }));
        FakePeer peer = _rig.Hold("a");
        _rig.Pass(TimeSpan.FromSeconds(10));
        _rig.Finish(peer);

        AuditRecord record = Single(peer, reason.Decision(), reason, EngineRig.KeyId("a"), "a");
        Assert.Equal(TimeSpan.FromSeconds(10), record.Duration);
    }

    [Fact]
    public void Refused_NotApprovedByDefault_SaysSo()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovedByDefault = false }));
        Single(_rig.Serve("a"), "refused", Outcome.NotApprovedByDefault, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Refused_Disabled_SaysSo()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));
        Single(_rig.Serve("a"), "refused", Outcome.Disabled, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Refused_DisabledWhileItWaits_SaysSo()
    {
        StartWithDelay();
        FakePeer peer = _rig.Hold("a");
        _rig.Disable("a");
        Single(_rig.Finish(peer), "refused", Outcome.Disabled, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Refused_RemovedWhileItWaits_SaysSo()
    {
        StartWithDelay();
        FakePeer peer = _rig.Hold("a");
        _rig.Remove("a");
        Single(_rig.Finish(peer), "refused", Outcome.Removed, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Refused_UnknownKey_HasTheKeyAndNoClient()
    {
        _rig.Start(EngineRig.Define("a"));
        Single(_rig.Serve("b"), "refused", Outcome.UnknownKey, EngineRig.KeyId("b"), null);
    }

    [Theory]
    [InlineData("2\r\n", "2\\x0d")]
    [InlineData("\n", "")]
    [InlineData("GET /\u001b\n", "GET /\\x1b")]
    public void Failed_BadFirstLine_ShowsIt(string line, string shown)
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Finish(_rig.Connect(new FakePeer().SendHello(line)));
        Assert.Equal(shown, Single(peer, "failed", Outcome.BadFirstLine).Detail);
    }

    [Fact]
    public void Failed_EndlessFirstLine_SaysSo()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Finish(_rig.Connect(new FakePeer().SendHello(new string('x', 500))));
        Assert.Equal("the first line is longer than 128 bytes", Single(peer, "failed", Outcome.BadFirstLine).Detail);
    }

    [Fact]
    public void Failed_GoneBeforeTheFirstLine_SaysSo()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(new FakePeer());
        peer.GoAway();
        Single(_rig.Finish(peer), "failed", Outcome.PeerGone);
    }

    [Fact]
    public void Failed_GoneInTheHandshake_SaysSo()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(new FakePeer().SendHello());
        peer.GoAway();
        Single(_rig.Finish(peer), "failed", Outcome.PeerGone);
    }

    [Fact]
    public void Failed_Handshake_HasTheCause()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();
        peer.Handshake.SetException(new TlsHandshakeException("it presented no raw public key"));
        _rig.Finish(_rig.Connect(peer.SendHello()));
        Assert.Equal("it presented no raw public key", Single(peer, "failed", Outcome.HandshakeFailed).Detail);
    }

    [Fact]
    public void Failed_KeyThatHasNoFingerprint_SaysSo()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Finish(_rig.Connect(
            new FakePeer().SendHello().Authenticate(new string('k', 70_000), PeerKeyType.OpenPgp)));
        Single(peer, "failed", Outcome.HandshakeFailed);
    }

    [Fact]
    public void Failed_TooSlow_SaysInWhat()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer silent = _rig.Connect(new FakePeer());
        FakePeer shaking = _rig.Connect(new FakePeer().SendHello());
        FakePeer writing = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => silent.Bytes.IsReadPending && shaking.InHandshake && writing.InWrite, "all to be under way");
        for (int i = 0; i < 31; i++)
        {
            _rig.Pass(TimeSpan.FromSeconds(1));
        }

        _rig.Until(() => silent.IsDisposed && shaking.IsDisposed && writing.IsDisposed, "all to end");
        Assert.Contains("protocol version", Single(silent, "failed", Outcome.TimedOut).Detail, StringComparison.Ordinal);
        Assert.Contains("handshake", Single(shaking, "failed", Outcome.TimedOut).Detail, StringComparison.Ordinal);
        Assert.Contains("sending",
            Single(writing, "failed", Outcome.TimedOut, EngineRig.KeyId("a"), "a").Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_GoneWhileItWaits_SaysSo()
    {
        StartWithDelay();
        FakePeer peer = _rig.Hold("a");
        peer.GoAway();
        Single(_rig.Finish(peer), "failed", Outcome.PeerGone, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Failed_FaultWhileItWaits_SaysSo()
    {
        StartWithDelay();
        FakePeer peer = _rig.Hold("a");
        peer.Gone.SetException(new InvalidOperationException("a fault"));
        Single(_rig.Finish(peer), "failed", Outcome.UnexpectedError, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Failed_WriteFails_SaysSoAndTheLogOnlyOnce()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")));
        peer.Write.SetException(new IOException("reset"));
        _rig.Finish(peer);

        Assert.Equal("reset", Single(peer, "failed", Outcome.SendFailed, EngineRig.KeyId("a"), "a").Detail);
        Assert.Single(_rig.Log.Lines, static line => line.Level == LogLevel.Warning);
    }

    [Fact]
    public void Failed_UnexpectedException_SaysWhichKind()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer();
        peer.Handshake.SetException(new InvalidOperationException("a fault"));
        _rig.Finish(_rig.Connect(peer.SendHello()));
        Assert.Equal("InvalidOperationException", Single(peer, "failed", Outcome.UnexpectedError).Detail);
    }

    [Fact]
    public void Failed_GaveWay_SaysSo()
    {
        using var rig = new EngineRig { Options = new EngineOptions { MaxConnections = 4, MaxConnectionsPerAddress = 1 } };
        rig.Start(EngineRig.Define("a"));
        FakePeer silent = rig.Connect(new FakePeer());
        rig.Until(() => silent.Bytes.IsReadPending, "the first to wait");
        FakePeer peer = rig.Connect("a");
        rig.Until(() => silent.IsDisposed && peer.IsDisposed, "both to end");

        Assert.Equal(Outcome.GaveWay, Assert.Single(rig.Audit.Of(silent)).Outcome);
        Assert.Equal("sent", Assert.Single(rig.Audit.Of(peer)).Decision);
    }

    [Fact]
    public void Failed_TheServerStops_SaysSoOfAll()
    {
        _rig.Start(
            EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }), EngineRig.Define("b"));
        FakePeer held = _rig.Hold("a");
        FakePeer silent = _rig.Connect(new FakePeer());
        FakePeer writing = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("b")));
        _rig.Until(() => silent.Bytes.IsReadPending && writing.InWrite, "all to be under way");

        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));
        FakePeer late = _rig.Connect("b");

        Single(held, "failed", Outcome.ServerStopping, EngineRig.KeyId("a"), "a");
        Single(silent, "failed", Outcome.ServerStopping);
        Single(writing, "failed", Outcome.ServerStopping, EngineRig.KeyId("b"), "b");
        Single(late, "failed", Outcome.ServerStopping);
    }

    [Fact]
    public void Ended_WhateverComesWhileItCloses_IsNotSaidAgain()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { ClosesAfterServer = false };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Until(() => peer.SendIsShutDown && peer.Bytes.IsReadPending, "the server to close");
        Assert.Single(_rig.Audit.Of(peer));

        _rig.Pass(TimeSpan.FromSeconds(5));
        _rig.Finish(peer);

        Single(peer, "sent", Outcome.ApprovedByDefault, EngineRig.KeyId("a"), "a");
    }

    [Fact]
    public void Required_WriteSucceeds_SendsAfterwards()
    {
        using EngineRig rig = Required();
        FakePeer peer = rig.Connect("a");
        rig.Until(() => rig.Audit.InWriteThrough, "the audit");
        Assert.False(peer.InWrite);

        rig.Audit.WriteThrough.SetResult(true);
        rig.Finish(peer);

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.ASCII.GetString(peer.Received!));
        Assert.Equal(
            [("sending", Outcome.ApprovedByDefault), ("sent", Outcome.ApprovedByDefault)],
            rig.Audit.Of(peer).Select(static record => (record.Decision, record.Outcome)));
        Assert.All(rig.Audit.Of(peer), static record => Assert.Equal((EngineRig.KeyId("a"), "a"), (record.KeyId, record.Client)));
    }

    [Fact]
    public void Required_WriteFails_GivesNothingUntilItSucceedsAgain()
    {
        using EngineRig rig = Required();
        DateTimeOffset? expires = rig["a"].Expires;
        rig.Audit.WriteThrough.SetResult(false);

        FakePeer refused = rig.Serve("a");

        Assert.Null(refused.Received);
        Assert.Equal(Outcome.AuditNotWritten, rig.Audit.Of(refused).Last().Outcome);
        Assert.True(rig.Log.Has(LogLevel.Error, "Client a: refused its secret: the audit could not be written"));
        Assert.Equal(expires, rig["a"].Expires);
        Assert.DoesNotContain("GotSecret", rig.TakeEvents());

        rig.Audit.WriteThrough = new();
        rig.Audit.WriteThrough.SetResult(true);
        Assert.NotNull(rig.Serve("a").Received);
    }

    [Fact]
    public void Required_WriteHangs_RefusesInTime()
    {
        using EngineRig rig = Required(static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) });
        FakePeer peer = rig.Hold("a");
        rig.Approve("a", true);
        rig.Until(() => rig.Audit.InWriteThrough, "the audit");
        Assert.Equal(1, rig["a"].ApprovalsPending);

        rig.Pass(TimeSpan.FromSeconds(10));
        rig.Finish(peer);

        Assert.Null(peer.Received);
        Assert.Equal(0, rig["a"].ApprovalsPending);
        Assert.Equal(Outcome.AuditNotWritten, rig.Audit.Of(peer).Last().Outcome);
    }

    [Theory]
    [InlineData("disabled", Outcome.Disabled)]
    [InlineData("removed", Outcome.Removed)]
    [InlineData("denied", Outcome.Denied)]
    [InlineData("disabled and enabled", Outcome.Disabled)]
    [InlineData("denied and approved", Outcome.Denied)]
    [InlineData("another key and back", Outcome.UnknownKey)]
    public void Required_RevokedWhileItIsWritten_GivesNothing(string how, Outcome reason)
    {
        using EngineRig rig = Required();
        Secret secret = rig.Client("a").Secret;
        FakePeer peer = rig.Connect("a");
        rig.Until(() => rig.Audit.InWriteThrough, "the audit");
        switch (how)
        {
            case "disabled":
                rig.Disable("a");
                break;
            case "removed":
                rig.Remove("a");
                Assert.Equal(-1, secret.Memory.Span.IndexOfAnyExcept((byte)0)); // nobody holds it meanwhile
                break;
            case "disabled and enabled":
                rig.Disable("a");
                rig.Enable("a");
                break;
            case "denied and approved":
                rig.Approve("a", false);
                rig.Approve("a", true);
                break;
            case "another key and back":
                rig.Reload(EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("b") }));
                rig.Reload(EngineRig.Define("a"));
                break;
            default:
                rig.Approve("a", false);
                break;
        }

        rig.Audit.WriteThrough.SetResult(true);
        rig.Finish(peer);

        Assert.Null(peer.Received);
        Assert.False(peer.IsReset);
        Assert.True(peer.GotCloseNotify);
        Assert.Equal(reason, rig.Audit.Of(peer).Last().Outcome);
    }

    [Fact]
    public void Required_SecretReplacedWhileItIsWritten_SendsTheNewOne()
    {
        using EngineRig rig = Required();
        FakePeer peer = rig.Connect("a");
        rig.Until(() => rig.Audit.InWriteThrough, "the audit");
        rig.SetSecret("a", "new"u8.ToArray());

        rig.Audit.WriteThrough.SetResult(true);

        Assert.Equal("new", Encoding.ASCII.GetString(rig.Finish(peer).Received!));
    }

    [Fact]
    public void Required_ServerStopsWhileItIsWritten_GivesNothingWithoutAnError()
    {
        using EngineRig rig = Required();
        FakePeer peer = rig.Connect("a");
        rig.Until(() => rig.Audit.InWriteThrough, "the audit");

        rig.Run(rig.Engine.StopAsync(TestContext.Current.CancellationToken));

        Assert.Null(peer.Received);
        Assert.Equal(Outcome.ServerStopping, rig.Audit.Of(peer).Last().Outcome);
        Assert.DoesNotContain(rig.Log.Lines, static line => line.Level >= LogLevel.Error);
    }

    private static EngineRig Required(Func<ClientSettings, ClientSettings>? change = null)
        => new EngineRig { Audit = new FakeAuditLog { IsRequired = true } }.Start(EngineRig.Define("a", change));

    private void StartWithDelay() => _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));

    private AuditRecord Single(
        FakePeer peer, string decision, Outcome reason, string? keyId = null, string? client = null)
    {
        AuditRecord record = Assert.Single(_rig.Audit.Of(peer));
        Assert.Equal((decision, reason, keyId, client), (record.Decision, record.Outcome, record.KeyId, record.Client));
        return record;
    }
}
