using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Protocol;

/// <summary>Secrets on their way to clients that must not have them any more, through the engine.</summary>
public sealed class SendAbortTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("disable", "its client was disabled")]
    [InlineData("expire", "its client was disabled")]
    [InlineData("remove", "its client was removed")]
    [InlineData("deny", "its client was denied")]
    [InlineData("key", "its client has another key")]
    [InlineData("key away", "its client was removed")]
    [InlineData("secret", "its client has another secret")]
    [InlineData("file secret", "its client has another secret")]
    [InlineData("fence", "the server was fenced off")]
    public void Send_RightIsTakenAway_IsBroken(string how, string detail)
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        FakePeer peer = Write("a");
        FakePeer? other = how == "fence" ? null : Write("b");
        switch (how)
        {
            case "disable":
                _rig.Disable("a");
                break;
            case "expire":
                _rig.MarkCheckedOk("b");
                _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(1)));
                _rig.Pass(TimeSpan.FromSeconds(2));
                break;
            case "remove":
                _rig.Remove("a");
                break;
            case "deny":
                _rig.Approve("a", false);
                break;
            case "key":
                _rig.Reload(EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("c") }), EngineRig.Define("b"));
                break;
            case "key away":
                _rig.Reload(EngineRig.Define("c", static s => s with { KeyId = EngineRig.KeyId("a") }), EngineRig.Define("b"));
                break;
            case "secret":
                _rig.SetSecret("a", "new"u8.ToArray());
                break;
            case "file secret":
                _rig.Reload(EngineRig.Define("a", secret: "new"), EngineRig.Define("b"));
                break;
            default:
                _rig.Engine.AbortSends("the server was fenced off");
                break;
        }

        _rig.Until(() => peer.IsDisposed, "the connection to end");
        Assert.True(peer.IsReset);
        Assert.False(peer.GotCloseNotify || peer.SendIsShutDown);
        Assert.Null(peer.Received);
        AuditRecord record = Assert.Single(_rig.Audit.Of(peer));
        Assert.Equal(("failed", Outcome.SendAborted), (record.Decision, record.Outcome));
        Assert.Equal((detail, EngineRig.KeyId("a"), "a"), (record.Detail, record.KeyId, record.Client));
        Assert.Single(_rig.Log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains(detail, StringComparison.Ordinal));
        Assert.DoesNotContain("GotSecret", _rig.TakeEvents());

        if (other is not null)
        {
            Assert.True(other.InWrite);
            _rig.Finish(other.TakeSecret());
            Assert.NotNull(other.Received);
        }
    }

    [Fact]
    public void Disable_BackEndIgnoresTheToken_ConnectionIsClosedUnderIt()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { HeedsNoToken = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");

        _rig.Disable("a"); // durable, so it has waited for the end of the write

        Assert.True(peer.IsReset);
        Assert.False(peer.InWrite);
        _rig.Finish(peer.TakeSecret());
        Assert.Null(peer.Received);
        Assert.Equal(Outcome.SendAborted, Assert.Single(_rig.Audit.Of(peer)).Outcome);
    }

    [Fact]
    public void Disable_WriteThatCannotBeStopped_IsAcknowledgedAfterIt()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { TakesWhatIsOnItsWay = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");

        Task disabled = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => !_rig["a"].Enabled, "the client to be disabled");
        _rig.Settle();
        Assert.False(disabled.IsCompleted);

        peer.TakeSecret();
        _rig.Run(disabled);
        _rig.Finish(peer);
        Assert.NotNull(peer.Received);
        Assert.Equal("sent", Assert.Single(_rig.Audit.Of(peer)).Decision);
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("disable again")]
    [InlineData("remove")]
    [InlineData("deny")]
    [InlineData("timeout")]
    [InlineData("secret")]
    [InlineData("reload")]
    public void Command_WriteThatDoesNotEnd_SaysThatTheSecretMayStillGoOut(string how)
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        var peer = new FakePeer { TakesWhatIsOnItsWay = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Settle();
        _rig.File = static () => [EngineRig.Define("b")];
        if (how == "disable again")
        {
            _rig.RunInVain(static server => server.DisableAsync("a", EngineRig.Person, CancellationToken.None));
        }

        CommandResult result = _rig.RunInVain(server => how switch
        {
            "remove" => server.RemoveAsync("a", EngineRig.Person, CancellationToken.None),
            "deny" => server.ApproveAsync("a", false, EngineRig.Person, CancellationToken.None),
            "timeout" => server.ChangeAsync(
                "a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(1)), EngineRig.Person, CancellationToken.None),
            "secret" => server.SetSecretAsync("a", "new"u8.ToArray(), EngineRig.Person, CancellationToken.None),
            "reload" => server.ReloadAsync(EngineRig.Person, CancellationToken.None),
            _ => server.DisableAsync("a", EngineRig.Person, CancellationToken.None),
        });

        Assert.False(result.IsDurable);
        Assert.Contains("may still go out", result.Problem, StringComparison.Ordinal);
        Assert.Equal(
            [CommandOutcome.Done, CommandOutcome.NotEnded], _rig.Audit.Commands.TakeLast(2).Select(static record => record.Outcome));

        _rig.Finish(peer.TakeSecret());
        if (_rig.Engine.Parts.Clients.TryGet("a", out _))
        {
            _rig.Disable("a"); // now nothing is on its way
        }
    }

    [Fact]
    public void Disable_WriteThatDoesNotEndAndFullDisk_SaysBoth()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { TakesWhatIsOnItsWay = true };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");
        _rig.Store.Error = new IOException("the disk is full");

        string? problem = _rig.RunInVain(static server => server.DisableAsync("a", EngineRig.Person, CancellationToken.None)).Problem;

        Assert.Contains("may still go out", problem, StringComparison.Ordinal);
        Assert.Contains("not saved", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Disable_SecretIsOut_ClosesInOrder()
    {
        _rig.Start(EngineRig.Define("a"));
        var peer = new FakePeer { ClosesAfterServer = false };
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Until(() => peer.SendIsShutDown && peer.Bytes.IsReadPending, "the server to close");

        _rig.Disable("a");

        Assert.False(peer.IsReset || peer.IsDisposed);
        Assert.True(peer.GotCloseNotify);
        Assert.Equal("sent", Assert.Single(_rig.Audit.Of(peer)).Decision);
    }

    [Fact]
    public void Enable_WhileItIsSent_LetsItGoOn()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = Write("a");
        _rig.Enable("a");
        _rig.Approve("a", true);
        _rig.MarkCheckedOk("a");

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.ASCII.GetString(_rig.Finish(peer.TakeSecret()).Received!));
    }

    [Fact]
    public void Secret_OfAnAbortedSend_IsZeroed()
    {
        _rig.Start(EngineRig.Define("a"));
        Secret secret = _rig.Client("a").Secret;
        FakePeer peer = Write("a");
        _rig.Remove("a");
        _rig.Finish(peer);
        Assert.Equal(-1, secret.Memory.Span.IndexOfAnyExcept((byte)0));
    }

    private FakePeer Write(string client)
    {
        FakePeer peer = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey(client)));
        _rig.Until(() => peer.InWrite, "the write");
        return peer;
    }
}
