using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Transitions;

/// <summary>Changes of a client's key, through the engine. The client a has the key of a, and that of b as its next one.</summary>
public sealed partial class RotationTests : IDisposable
{
    private const string Old = "S3CRET of a";
    private const string New = "S3CRET of b";

    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly EngineRig _rig = new();

    public RotationTests() => _rig.Checker.Plan("a", CheckResult.Exited(1));

    public void Dispose() => _rig.Dispose();

    private static ClientDefinition Define(
        string key = "a", string? next = "b", string? nextSecret = null, string name = "a", Func<ClientSettings, ClientSettings>? change = null)
        => EngineRig.Define(key, change) with
        {
            Name = name,
            Next = next is null ? null : new NextKey(EngineRig.KeyId(next), new Secret(Encoding.UTF8.GetBytes(nextSecret ?? EngineRig.FileSecret(next)))),
        };

    /// <summary>What a peer with a key gets.</summary>
    private static string? Ask(EngineRig rig, string key) => rig.Serve(key).Received is { } secret ? Encoding.UTF8.GetString(secret) : null;

    private string? Ask(string key) => Ask(_rig, key);

    private void Check(CheckResult? result = null)
    {
        _rig.Checker.Plan("a", result ?? CheckResult.Exited(0));
        _rig.StartChecker("a");
        _rig.Settle();
        _rig.Checker.Plan("a", CheckResult.Exited(1));
    }

    /// <summary>The server is killed, and starts again with what was saved.</summary>
    private EngineRig Restart(params ClientDefinition[] definitions)
    {
        _rig.Pass(_second);
        _rig.Settle();
        var rig = new EngineRig { Store = new FakeStore(_rig.Store.Durable), Clock = new TestClock() };
        rig.Checker.Plan("a", CheckResult.Exited(1));
        rig.Clock.Advance(_rig.Clock.GetUtcNow() - TestClock.Epoch);
        return rig.Start(definitions);
    }

    private KeyRotation? Rotation => _rig["a"].Rotation;

    private void Promote(EngineRig? rig = null)
        => (rig ?? _rig).Run((rig ?? _rig).Engine.Server.PromoteAsync("a", EngineRig.Person, CancellationToken.None));

    [Fact]
    public void Serve_EachKey_GetsItsOwnSecret()
    {
        _rig.Start(Define());

        Assert.Equal((Old, New, Old, null), (Ask("a"), Ask("b"), Ask("a"), Ask("c")));
        Assert.Equal(EngineRig.KeyId("b"), Rotation!.NextKeyId);
    }

    [Fact]
    public void Serve_SecretWasSetByACommand_IsForThePresentKeyAlone()
    {
        _rig.Start(Define());

        _rig.SetSecret("a", "by command"u8.ToArray());

        Assert.Equal(("by command", New), (Ask("a"), Ask("b")));
    }

    [Fact]
    public void Serve_DisabledOrDenied_RefusesBothKeys()
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDuration = _minute }));

        _rig.Approve("a", false);
        Assert.Equal((null, null), (Ask("a"), Ask("b")));
        _rig.Disable("a");
        Assert.Equal((null, null), (Ask("a"), Ask("b")));
    }

    [Fact]
    public void Serve_NextKeyNeedsApproval_WaitsAsThePresentOneDoes()
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));

        FakePeer peer = _rig.Connect("b");
        _rig.Until(() => peer.InWait && _rig["a"].ApprovalsPending == 1, "the connection to wait");
        _rig.Approve("a", true);

        Assert.Equal(New, Encoding.UTF8.GetString(_rig.Finish(peer).Received!));
    }

    [Fact]
    public void Promotion_CheckAfterTheDelivery_RetiresTheOldKey()
    {
        _rig.Start(Define());
        Ask("b");
        Assert.Equal(TestClock.Epoch, Rotation!.TriedAt);
        _rig.TakeEvents();

        Check();

        Assert.Equal(
            new KeyRotation { RetiredKeyId = EngineRig.KeyId("a"), PromotedAt = TestClock.Epoch, IsFileBehind = true }, Rotation);
        Assert.Equal((EngineRig.KeyId("b"), TestClock.Epoch), (_rig["a"].Settings.KeyId, _rig["a"].ProvenAt!.Value));
        Assert.Equal((null, New), (Ask("a"), Ask("b")));
        string[] events = _rig.TakeEvents();
        Assert.Contains("ClientRemoved(NewKey)", events);
        Assert.Contains("KeyPromoted", events);
        Assert.DoesNotContain("BootUnproven", events);
    }

    [Fact]
    public void Promotion_CheckFails_BothKeysStay()
    {
        _rig.Start(Define());
        Ask("b");

        Check(CheckResult.Exited(1));

        Assert.Equal((Old, New), (Ask("a"), Ask("b")));
        Assert.Null(Rotation!.RetiredKeyId);
    }

    [Fact]
    public void Promotion_CheckWithoutADelivery_BothKeysStay()
    {
        _rig.Start(Define());

        Check();

        Assert.Equal((Old, New), (Ask("a"), Ask("b")));
    }

    [Fact]
    public void Promotion_CheckThatBeganBeforeTheDelivery_SaysNothing()
    {
        _rig.Start(Define());
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.StartChecker("a");
        FakeCheck check = _rig.RunningCheckOf("a");
        Ask("b");

        check.End(CheckResult.Exited(0));
        _rig.Settle();

        Assert.NotNull(Rotation!.TriedAt);
        Check();
        Assert.Null(Ask("a"));
    }

    [Fact]
    public void Promotion_PersonSaysThatItIsAlive_IsNone()
    {
        _rig.Start(Define());
        Ask("b");

        _rig.MarkCheckedOk("a");

        Assert.NotNull(Rotation!.TriedAt);
    }

    [Fact]
    public void Promotion_OldKeyGotItsSecretAfterTheNewOne_HasToBeTriedAgain()
    {
        _rig.Start(Define());
        Ask("b");
        Ask("a");
        Assert.Null(Rotation!.TriedAt);

        Check();
        Assert.Equal((Old, New), (Ask("a"), Ask("b")));

        Check();
        Assert.Null(Ask("a"));
    }

    [Fact]
    public void Promotion_Rehearsals_ChangeNothing()
    {
        _rig.Start(Define());
        _rig.Rehearse("a", _minute);
        Assert.Equal(New, Ask("b"));
        Check();
        Assert.Equal(EngineRig.KeyId("b"), Rotation!.NextKeyId);

        Ask("b");
        _rig.Rehearse("a", _minute);
        Assert.Equal(Old, Ask("a"));

        Assert.NotNull(Rotation!.TriedAt);
    }

    [Fact]
    public void Promotion_RequestWithSignsOfACopiedKey_ProvesNothing()
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));
        FakePeer one = _rig.Hold("a", "192.0.2.1");
        FakePeer other = _rig.Connect("b", "192.0.2.2");
        _rig.Until(() => other.InWait && _rig["a"].ApprovalsPending == 2, "the connections to wait");

        _rig.Decide(2, true);

        _rig.Until(() => other.IsDisposed, "the connection to end");
        Assert.Equal(New, Encoding.UTF8.GetString(other.Received!));
        Assert.Null(Rotation!.TriedAt);
        _rig.Decide(1, false);
        _rig.Finish(one);
    }

    [Fact]
    public void Promotion_HostIsAnotherThanAtTheBoot_HasToBeTriedAgain()
    {
        _rig.Start(Define());
        Ask("b");

        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "elsewhere"));

        Assert.Null(Rotation!.TriedAt);
        Check();
        Assert.Equal((Old, New), (Ask("a"), Ask("b")));
    }

    [Fact]
    public void Promotion_OldKeysSecretIsOnItsWay_HasToBeTriedAgain()
    {
        _rig.Start(Define());
        Ask("b");
        _rig.Pass(_second);
        _rig.Settle();
        Assert.False(_rig.Store["a"]!.TrialProof.IsEmpty);
        var peer = new FakePeer();
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite && !_rig.Engine.Parts.Keeper.IsSaving, "the secret to be on its way");

        Assert.True(_rig.Store["a"]!.TrialProof.IsEmpty); // without any time for changes to gather: the server may be killed now
        Check();
        peer.Write.SetException(new IOException("it went away"));
        _rig.Until(() => peer.IsDisposed, "the connection to end");
        Check();

        Assert.Equal(EngineRig.KeyId("b"), Rotation!.NextKeyId);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public void Promotion_RequestWaitsForApproval_WaitsToo(string key)
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));
        FakePeer first = _rig.Connect("b");
        _rig.Until(() => first.InWait && _rig["a"].ApprovalsPending == 1, "the connection to wait");
        _rig.Decide(1, true);
        _rig.Finish(first);
        Assert.NotNull(Rotation!.TriedAt);
        FakePeer peer = _rig.Connect(key);
        _rig.Until(() => peer.InWait && _rig["a"].ApprovalsPending == 1, "the connection to wait");

        Check(); // as one that pings a machine in its initramfs
        Assert.Equal(EngineRig.KeyId("b"), Rotation!.NextKeyId);
        _rig.Decide(2, true);

        Assert.Equal(EngineRig.FileSecret(key), Encoding.UTF8.GetString(_rig.Finish(peer).Received!));
    }

    [Fact]
    public void Promotion_ByHand_NeedsNoBoot()
    {
        _rig.Start(Define(change: static settings => settings with { Fingerprint = new string('F', 40) }));
        Ask("a");

        Promote();

        Assert.Equal((null, New), (Ask("a"), Ask("b")));
        Assert.Null(_rig["a"].Settings.Fingerprint);
        Assert.Contains("BootUnproven", _rig.TakeEvents());
        Assert.Throws<NoNextKeyException>(() => Promote());
        Assert.Contains(_rig.Audit.Commands, static record => record.ToString().Contains("command=\"promote\" outcome=\"done\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Promotion_OldKeyWaitsForApproval_GetsNothing()
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));
        FakePeer old = _rig.Hold("a");
        FakePeer next = _rig.Connect("b");
        _rig.Until(() => next.InWait && _rig["a"].ApprovalsPending == 2, "the connections to wait");

        Promote();
        _rig.Approve("a", true);

        Assert.Null(_rig.Finish(old).Received);
        Assert.Equal(New, Encoding.UTF8.GetString(_rig.Finish(next).Received!));
    }

    [Fact]
    public void Promotion_SecretSetByACommand_FallsAway()
    {
        _rig.Start(Define());
        _rig.SetSecret("a", "by command"u8.ToArray());

        Promote();

        Assert.Equal((null, New), (Ask("a"), Ask("b")));
        using EngineRig rig = Restart(Define());
        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void Promotion_ExpectedReboot_Stays()
    {
        _rig.Start(Define());
        _rig.ExpectReboot("a", 30 * _minute);

        Promote();

        Assert.NotNull(_rig["a"].ExpectedReboot);
    }

    [Fact]
    public void Restart_Tried_IsPromotedByTheFirstCheck()
    {
        _rig.Start(Define());
        Ask("b");

        using EngineRig rig = Restart(Define());
        Assert.Equal(TestClock.Epoch, rig["a"].Rotation!.TriedAt);
        rig.Checker.Plan("a", CheckResult.Exited(0));
        rig.StartChecker("a");
        rig.Settle();

        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void Restart_NextSecretIsAnother_WasNotTried()
    {
        _rig.Start(Define());
        Ask("b");

        using EngineRig rig = Restart(Define(nextSecret: "another"));

        Assert.Null(rig["a"].Rotation!.TriedAt);
        Assert.Equal((Old, "another"), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void Restart_Promoted_OldKeyStaysRetired()
    {
        _rig.Start(Define());
        Ask("b");
        Check();

        using EngineRig rig = Restart(Define());
        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
        Assert.Equal((true, TestClock.Epoch), (rig["a"].Rotation!.IsFileBehind, rig["a"].Rotation!.PromotedAt!.Value));
        Assert.NotNull(rig["a"].ProvenAt);

        rig.Reload(Define());
        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
        rig.Reload(Define(name: "renamed"));
        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void Restart_PromotedAndRenamed_OldKeyStaysRetired()
    {
        _rig.Start(Define());
        Promote();

        using EngineRig rig = Restart(Define(name: "renamed"));

        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tidied_FilesHaveTheNewKeyAlone_NothingChanges(bool isRestart)
    {
        _rig.Start(Define());
        Ask("b");
        Check();
        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromHours(1)));
        ClientSnapshot before = _rig["a"];
        using EngineRig? other = isRestart ? Restart(Define("b", null)) : null;
        EngineRig rig = other ?? _rig;
        rig.TakeEvents();

        rig.Reload(Define("b", null));

        Assert.Equal((before.ProvenAt, before.Settings), (rig["a"].ProvenAt, rig["a"].Settings with { Options = before.Settings.Options }));
        Assert.Equal((EngineRig.KeyId("a"), false), (rig["a"].Rotation!.RetiredKeyId, rig["a"].Rotation!.IsFileBehind));
        Assert.Equal(isRestart ? [] : ["Rotation="], rig.TakeEvents());
        Assert.Equal((null, New), (Ask(rig, "a"), Ask(rig, "b")));
    }

    [Fact]
    public void Reload_ThirdKeyFromThePromotedOne_IsANewRotation()
    {
        _rig.Start(Define());
        Promote();
        _rig.Reload(Define("b", null));

        _rig.Reload(Define("b", "c"));

        Assert.Equal((null, New, EngineRig.FileSecret("c")), (Ask("a"), Ask("b"), Ask("c")));
        Check();
        Assert.Equal((null, null, EngineRig.FileSecret("c")), (Ask("a"), Ask("b"), Ask("c")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("c")]
    public void Reload_RetiredKeyIsThePresentOneAgain_IsServedWithAWarning(string? next)
    {
        _rig.Start(Define());
        Promote();

        _rig.Reload(Define("a", next));

        Assert.Equal((Old, null), (Ask("a"), Ask("b")));
        Assert.True(_rig.Log.Has(LogLevel.Warning, "was retired, and is valid again"));
    }

    [Fact]
    public void Reload_NextKeyIsTakenBack_GetsNothing()
    {
        _rig.Start(Define(change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));
        FakePeer peer = _rig.Connect("b");
        _rig.Until(() => peer.InWait && _rig["a"].ApprovalsPending == 1, "the connection to wait");

        _rig.Reload(Define(next: null, change: static settings => settings with { ApprovalDelay = _minute, ApprovedByDefault = false }));
        Assert.Null(_rig.Finish(peer).Received);

        Assert.Null(Ask("b"));
        Assert.Null(Rotation);
    }

    [Fact]
    public void Reload_NextSecretIsAnotherWhileTheFormerIsOnItsWay_BreaksItOff()
    {
        _rig.Start(Define());
        var peer = new FakePeer();
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("b")));
        _rig.Until(() => peer.InWrite, "the secret to be on its way");

        _rig.Reload(Define(nextSecret: "another"));
        _rig.Until(() => peer.IsDisposed, "the connection to end");

        Assert.Null(Rotation!.TriedAt);
        Assert.Equal((Old, "another"), (Ask("a"), Ask("b")));
    }
}
