using System.Globalization;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>Clients leave the files and come back: by reloads and by restarts alike.</summary>
public sealed class KeptClientsTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    private EngineRig _rig = new();
    private string[] _leftOut = [];

    public static TheoryData<bool> Ways => [false, true];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_DisabledClient_IsStillDisabled(bool restart)
    {
        Start("a", "b");
        _rig.Disable("b");
        Become(restart, Define("a"));
        Assert.NotNull(_rig.Store["b"]!.LeftAt);
        _rig.Pass(89 * _day);

        Become(restart, Define("a"), Define("b"));

        Assert.False(_rig["b"].Enabled);
        Assert.Null(_rig.Serve("b").Received);
        Assert.Null(_rig.Store["b"]!.LeftAt);
        _rig.Enable("b");
        Assert.NotNull(_rig.Serve("b").Received);
        Become(restart, Define("a"), Define("b"));
        Assert.True(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_ExpiredClient_IsStillDisabled(bool restart)
    {
        _rig.Checker.Plan("b", CheckMode.Hangs);
        Start("a", "b");
        _rig.Pass(6 * _minute);
        Assert.False(_rig["b"].Enabled);

        Become(restart, Define("a"));
        Become(restart, Define("a"), Define("b"));

        Assert.False(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_RemovedClient_StaysAwayUntilItIsForgotten(bool restart)
    {
        Start("a", "b");
        _rig.Remove("b");
        Become(restart, Define("a"));
        Become(restart, Define("a"), Define("b"));
        Assert.Equal(["a"], Names());
        Become(restart, Define("a"), Define("c", key: "b"));
        Assert.Equal(["a"], Names());

        Forget("b");
        Assert.Empty(Kept());
        Assert.Null(_rig.Store["b"]);
        Become(restart, Define("a"), Define("b"));

        Assert.True(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_AfterAFileWithNobody_IsStillDisabled(bool restart)
    {
        Start("a", "b");
        _rig.Disable("b");

        Become(restart);
        Become(restart, Define("a"));
        Become(restart, Define("a"), Define("b"));

        Assert.False(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_DeniedClient_IsStillDenied(bool restart)
    {
        ClientDefinition B() => EngineRig.Define("b", static s => s with { ApprovalDuration = 3 * _minute });
        _rig.Start(Define("a"), B());
        _rig.Approve("b", false);
        _rig.Pass(_minute);
        Become(restart, Define("a"));
        Become(restart, Define("a"), B());
        Assert.Null(_rig.Serve("b").Received);

        _rig.Pass(_minute * 2.5);

        Assert.NotNull(_rig.Serve("b").Received);
    }

    [Fact]
    public void Start_DenialTakenBackByApproval_IsGone()
    {
        ClientDefinition B() => EngineRig.Define("b", static s => s with { ApprovalDuration = TimeSpan.FromHours(1) });
        _rig.Start(B());
        _rig.Approve("b", false);
        _rig.Approve("b", true);
        _rig.Pass(_minute);

        Become(restart: true, B());

        Assert.Null(_rig.Client("b").Verdict);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Renamed_DisabledClient_IsStillDisabled(bool restart)
    {
        Start("a", "b");
        _rig.SetSecret("b", "by hand"u8.ToArray());
        _rig.Disable("b");

        Become(restart, Define("a"), Define("c", key: "b"));

        Assert.False(_rig["c"].Enabled);
        Assert.Null(_rig.Serve("b").Received);
        Assert.Empty(Kept());
        Assert.Null(_rig.Store["b"]);
        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Text.Contains("is gone", StringComparison.Ordinal));

        // The secret that a person has set was encrypted under the old name.
        _rig.Enable("c");
        Assert.Equal("by hand", Text(_rig.Serve("b").Received));
        Become(restart: true, Define("a"), Define("c", key: "b"));
        Assert.Equal("by hand", Text(_rig.Serve("b").Received));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Renamed_WhileItWasAway_IsStillDisabled(bool restart)
    {
        Start("a", "b");
        _rig.Disable("b");
        Become(restart, Define("a"));

        Become(restart, Define("a"), Define("c", key: "b"));

        Assert.False(_rig["c"].Enabled);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "Client c: is back in the configuration, which it left as “b” at"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Renamed_EnabledClient_KeepsItsExpiry(bool restart)
    {
        Start("a", "b");
        _rig.Pass(_minute * 5 / 2);
        _rig.Settle();
        DateTimeOffset? expires = _rig["b"].Expires;
        _rig.Pass(_minute);

        Become(restart, Define("a"), Define("c", key: "b"));

        Assert.Equal((true, expires), (_rig["c"].Enabled, _rig["c"].Expires));
        Assert.Equal(TestClock.Epoch, _rig["c"].Created);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_WithAnotherKey_IsDisabledByItsNameAndTheOldKeyByItself(bool restart)
    {
        Start("a", "b");
        _rig.Disable("b");
        Become(restart, Define("a"));

        Become(restart, Define("a"), Define("b", key: "new"));
        Assert.False(_rig["b"].Enabled);
        _rig.Enable("b");
        Assert.NotNull(_rig.Serve("new").Received);

        Become(restart, Define("a"), Define("b", key: "new"), Define("c", key: "b"));
        Assert.False(_rig["c"].Enabled);
        Assert.True(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void KeyChanged_OfADisabledClient_OldKeyIsDisabledUnderAnyName(bool restart)
    {
        Start("a", "b");
        _rig.Disable("b");

        Become(restart, Define("a"), Define("b", key: "new"));
        Assert.False(_rig["b"].Enabled);
        Become(restart, Define("a", key: "b"), Define("b", key: "new"));

        Assert.False(_rig["a"].Enabled);
        Assert.Null(_rig.Serve("b").Received);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "Client a: has a key of “b”, which was disabled or removed: disabled"));
    }

    /// <summary>Whichever comes first in the file.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void KeysSwapped_OneDisabled_NeitherItsNameNorItsKeyIsServed(bool restart, bool otherOrder)
    {
        Start("a", "b");
        _rig.Disable(otherOrder ? "a" : "b");

        Become(restart, Define("a", key: "b"), Define("b", key: "a"));

        Assert.False(_rig["a"].Enabled);
        Assert.False(_rig["b"].Enabled);
        Assert.Empty(Kept());
    }

    /// <summary>A disk with room for some rows alone must not get the one without the other.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KeyGoesOver_ThereIsRoomForSomeRowsAlone_IsStillDisabled(bool otherOrder)
    {
        ClientDefinition[] Files()
        {
            ClientDefinition[] both = [Define("a", key: "new"), Define("b", key: "a")];
            return [.. otherOrder ? both.Reverse() : both, Define("c")];
        }

        Start("a", "b", "c");
        _rig.Disable("a");
        _rig.Store.Error = new StateStoreException("full");
        Assert.Throws<NotSavedException>(() => _rig.Reload(Files()));
        _rig.Serve("c");
        _rig.Store.Error = null;
        _rig.Store.MostClients = 3;
        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "new"));
        Assert.Equal("new", _rig.Store["a"]!.Client!.Settings.Host);

        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store }.Start(Files());

        Assert.False(_rig["b"].Enabled);
        Assert.Null(_rig.Serve("a").Received);
    }

    [Fact]
    public void KeyGoesOver_FromOneThatIsLeftOut_IsEnabledByAPersonForGood()
    {
        Start("a", "b");
        _rig.Disable("a");
        _leftOut = ["a"];
        Become(restart: true, Define("b", key: "a"));
        Assert.False(_rig["b"].Enabled);

        _rig.Enable("b");
        Become(restart: true, Define("b", key: "a"));

        Assert.True(_rig["b"].Enabled);
        _leftOut = [];
        Become(restart: true, Define("a", key: "new"), Define("b", key: "a"));
        Assert.Equal((false, true), (_rig["a"].Enabled, _rig["b"].Enabled));
    }

    [Fact]
    public void Start_LeftLongAgoAndBackWithAMistake_IsNotForgotten()
    {
        Start("a", "b");
        _rig.Disable("b");
        Become(restart: true, Define("a"));
        for (int i = 0; i < 10; i++)
        {
            _rig.Clock.WallOffset += 10 * _day;
            _rig.MarkCheckedOk("a");
        }

        _leftOut = ["b"];
        Become(restart: true, Define("a"));
        _leftOut = [];
        Become(restart: true, Define("a"), Define("b"));

        Assert.False(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_EditedToEnabled_IsEnabled(bool restart)
    {
        _rig.Start(Define("a"), EngineRig.Define("b", enabled: false));
        Become(restart, Define("a"));

        Become(restart, Define("a"), Define("b"));

        Assert.True(_rig["b"].Enabled);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Back_EnabledClient_HasTheTimeThatItHadLeft(bool restart)
    {
        Start("a", "b");
        _rig.Change("b", ClientChange.Of(ClientSetting.Timeout, 20 * _minute).With(ClientSetting.Host, "by hand"));
        _rig.MarkCheckedOk("b");
        _rig.Pass(_minute / 2);
        Become(restart, Define("a"));
        _rig.Pass(30 * _day);

        Become(restart, Define("a"), Define("b"));

        Assert.Equal((true, "by hand"), (_rig["b"].Enabled, _rig["b"].Settings.Host));
        Assert.Equal(_rig.Clock.GetUtcNow() + (19.5 * _minute), _rig["b"].Expires);
        Assert.NotNull(_rig.Serve("b").Received);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Gone_ManyAtOnce_NamesSomeAndCountsTheOthers(bool restart)
    {
        string[] names = [.. Enumerable.Range(0, 25).Select(static i => string.Create(CultureInfo.InvariantCulture, $"c{i}"))];
        Start(["a", .. names]);

        Become(restart, Define("a"));

        Assert.Equal(20, _rig.Log.Lines.Count(static line => line.Level == LogLevel.Warning
            && line.Text.EndsWith("is gone from the configuration. It was enabled, and is so again when its name or key is back, unless "
                + "it is forgotten: mandos-ctl --forget", StringComparison.Ordinal)));
        Assert.True(_rig.Log.Has(LogLevel.Warning, "5 more clients are gone from the configuration"));
        Assert.Equal(25, Kept().Count);

        // Once is enough.
        _rig.Log.Clear();
        Become(restart, Define("a"));
        Assert.False(_rig.Log.Has(LogLevel.Warning, "gone from the configuration"));
    }

    [Fact]
    public void Start_LeftLongAgo_IsForgottenIfTheClockCanBeBelieved()
    {
        Start("a", "b");
        _rig.Disable("b");
        Become(restart: true, Define("a"));

        // A clock that is wrong for one start.
        _rig.Clock.WallOffset = 3650 * _day;
        Become(restart: true, Define("a"));
        Assert.Single(Kept());
        _rig.Clock.WallOffset = TimeSpan.Zero;
        Become(restart: true, Define("a"));
        Assert.Single(Kept());

        for (int i = 0; i < 10; i++)
        {
            _rig.Clock.WallOffset += 10 * _day;
            _rig.MarkCheckedOk("a");
        }

        Become(restart: true, Define("a"));

        Assert.Empty(Kept());
        Assert.Null(_rig.Store["b"]);
        Assert.True(_rig.Log.Has(LogLevel.Information, "Forgot 1 clients"));
    }

    [Fact]
    public void Kept_OfThreeKinds_AreListed()
    {
        Start("a", "b", "c", "d");
        _rig.Disable("c");
        _rig.Remove("d");
        _rig.Pass(_minute);

        _rig.Reload(Define("a"));

        Assert.Equal(
            [
                ("b", EngineRig.KeyId("b"), KeptState.Enabled, TestClock.Epoch + _minute),
                ("c", EngineRig.KeyId("c"), KeptState.Disabled, TestClock.Epoch + _minute),
                ("d", EngineRig.KeyId("d"), KeptState.Removed, TestClock.Epoch + _minute),
            ],
            Kept().Select(static kept => (kept.Name, kept.KeyId, kept.State, kept.LeftAt)));
    }

    [Fact]
    public void Forget_NobodyOfThatName_IsAnError()
    {
        Start("a");

        Assert.Throws<UnknownClientException>(() => Forget("a"));
        Assert.True(_rig["a"].Enabled);
    }

    [Fact]
    public void Forget_DisabledClient_IsNewWhenItIsBack()
    {
        Start("a", "b");
        _rig.Disable("b");
        _rig.Reload(Define("a"));

        Forget("b");
        _rig.Reload(Define("a"), Define("b"));

        Assert.True(_rig["b"].Enabled);
    }

    private static ClientDefinition Define(string name, string? key = null)
        => EngineRig.Define(name, s => s with { KeyId = EngineRig.KeyId(key ?? name) }, secret: "of all");

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);

    private void Start(params string[] names) => _rig.Start([.. names.Select(static name => Define(name))]);

    /// <summary>The files change, and the server re-reads them or is started again.</summary>
    private void Become(bool restart, params ClientDefinition[] definitions)
    {
        if (!restart)
        {
            _rig.Reload(definitions);
            return;
        }

        _rig.Run(_rig.Engine.Parts.Keeper.FlushAsync());
        FakeStore store = new(_rig.Store.Durable);
        TestLog log = _rig.Log;
        TestClock clock = _rig.Clock;
        _rig.Dispose();
        _rig = new EngineRig { Store = store, Clock = clock, Log = log, LeftOut = _leftOut }.Start(definitions);
        _rig.Run(_rig.Engine.Parts.Keeper.FlushAsync());
    }

    private string[] Names() => [.. _rig.Engine.Parts.Clients.All.Select(static client => client.Name).Order()];

    private void Forget(string name) => _rig.Run(_rig.Engine.Server.ForgetAsync(name, EngineRig.Person, CancellationToken.None));

    private IReadOnlyList<KeptClient> Kept()
    {
        Task<IReadOnlyList<KeptClient>> kept = _rig.Engine.Server.GetKeptClientsAsync(CancellationToken.None).AsTask();
        _rig.Run(kept);
        return kept.GetAwaiter().GetResult();
    }
}
