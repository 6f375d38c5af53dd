using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Transitions;

/// <summary>Settings at the ends of their ranges, clocks that jump, and commands that are refused.</summary>
public sealed class ClientTransitionsTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Start_ShortTimeout_LeavesTimeForTheFirstCheck()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromSeconds(1) }));

        Assert.Equal(TestClock.Epoch.AddSeconds(60 + 120), _rig["a"].Expires);
    }

    [Fact]
    public void Enable_ShortTimeout_LeavesTimeForTheFirstCheck()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromSeconds(1) }, enabled: false));

        _rig.Enable("a");

        Assert.Equal(TestClock.Epoch.AddSeconds(240), _rig["a"].Expires);
    }

    [Fact]
    public void WallClock_Jumps_DisablesNobodyAndExpiresInTime()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));

        foreach (int days in new[] { 10_000, -10_000, 700_000, -700_000 })
        {
            _rig.Clock.WallOffset = TimeSpan.FromDays(days);
            _rig.Pass(TimeSpan.FromSeconds(70));
            Assert.True(_rig["a"].Enabled);
        }

        _rig.Pass(TimeSpan.FromSeconds(19.9));
        Assert.True(_rig["a"].Enabled);
        _rig.Pass(TimeSpan.FromSeconds(0.1));
        Assert.False(_rig["a"].Enabled);
    }

    [Fact]
    public void HugeDurations_EverythingGoesOn()
    {
        TimeSpan huge = TimeSpan.MaxValue;
        _rig.Start(EngineRig.Define("a", s => s with
        {
            Interval = huge,
            Timeout = huge,
            ExtendedTimeout = huge,
            ApprovalDelay = huge,
            ApprovalDuration = huge,
        }));
        Assert.Equal(DateTimeOffset.MaxValue, _rig["a"].Expires);

        FakePeer peer = _rig.Hold("a");
        _rig.Approve("a", true);
        Assert.NotNull(_rig.Finish(peer).Received);
        Assert.NotNull(_rig.Serve("a").Received);
        _rig.MarkCheckedOk("a");
        _rig.Disable("a");
        _rig.Enable("a");
        _rig.Pass(TimeSpan.FromDays(1000));

        Assert.True(_rig["a"].Enabled);
        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public void ChangeTimeout_ToHugeAndBack_DisablesNobody()
    {
        _rig.Start(EngineRig.Define("a"));
        for (int i = 0; i < 60; i++)
        {
            _rig.Pass(TimeSpan.FromSeconds(60));
            _rig.Settle();
        }

        TimeSpan before = _rig["a"].Settings.Timeout;
        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.MaxValue));
        Assert.Equal(DateTimeOffset.MaxValue, _rig["a"].Expires);
        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, before));

        Assert.True(_rig["a"].Enabled);
        Assert.Equal(TestClock.Epoch.AddHours(1).AddMinutes(5), _rig["a"].Expires);
    }

    [Fact]
    public void ChangeTimeout_FromHugeWithExpirySoon_DisablesWithoutFailing()
    {
        TimeSpan huge = TimeSpan.MaxValue;
        _rig.Start(EngineRig.Define("a", s => s with { Timeout = huge, ExtendedTimeout = TimeSpan.FromSeconds(1) }));
        _rig.Serve("a");
        Assert.Equal(TestClock.Epoch.AddSeconds(1), _rig["a"].Expires);

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.Zero));

        Assert.False(_rig["a"].Enabled);
    }

    [Fact]
    public void ChangeTimeout_DifferenceReachesBeforeTheStart_TellsTheTrueExpiry()
    {
        _rig.Start(EngineRig.Define("a",
            static s => s with { Timeout = TimeSpan.FromSeconds(1000), ExtendedTimeout = TimeSpan.FromSeconds(5) }));
        _rig.Serve("a");
        _rig.TakeEvents();

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(10)));

        Assert.Equal(["Timeout=10", "Expires=-985", "Expires=", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Change_OneValueOutOfRange_ChangesNothing()
    {
        _rig.Start(EngineRig.Define("a"));
        TimeSpan negative = TimeSpan.FromTicks(-1);
        ClientChange[] changes =
        [
            ClientChange.Of(ClientSetting.Host, "x\0"),
            Bad(ClientSetting.Checker, "\0"),
            Bad(ClientSetting.Location, "\0"),
            Bad(ClientSetting.Interval, TimeSpan.Zero),
            Bad(ClientSetting.Interval, negative),
            Bad(ClientSetting.Timeout, negative),
            Bad(ClientSetting.ExtendedTimeout, negative),
            Bad(ClientSetting.ApprovalDelay, negative),
            Bad(ClientSetting.ApprovalDuration, negative),
        ];

        Assert.All(changes, change => Assert.Throws<ArgumentException>(() => _rig.Change("a", change)));
        Assert.Throws<ArgumentException>(() => _rig.SetSecret("a", new byte[(1 << 20) + 1]));

        Assert.Empty(_rig.TakeEvents());
    }

    [Fact]
    public void Command_UnknownClient_SaysSo()
    {
        _rig.Start(EngineRig.Define("a"));

        UnknownClientException e = Assert.Throws<UnknownClientException>(() => _rig.Enable("b"));
        Assert.Throws<UnknownClientException>(() => _rig.SetSecret("b", [1]));

        Assert.Equal("b", e.ClientName);
    }

    public static TheoryData<string> Commands => ["enable", "disable", "approve", "deny", "checked", "start", "stop", "change", "secret", "remove"];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_ForAClientWhoseNameAnotherHasNow_DoesNotMeetIt(string command)
    {
        _rig.Start();
        _rig.Add(EngineRig.New("a", enabled: command != "enable"));
        ClientSnapshot meant = _rig["a"];
        _rig.Remove("a");
        _rig.Add(EngineRig.New("a", enabled: command != "enable"));
        ClientSnapshot other = _rig["a"];
        Secret secret = _rig.Client("a").Secret;
        _rig.TakeEvents();

        UnknownClientException e = Assert.Throws<UnknownClientException>(() => _rig.Run(Give(command, meant)));

        Assert.Equal("the client “a” that was meant is gone; if there is one of its name now, it is another", e.Message);
        Assert.Equal(other, _rig["a"]);
        Assert.Same(secret, _rig.Client("a").Secret);
        Assert.Null(_rig.Client("a").Verdict);
        Assert.Empty(_rig.TakeEvents());
        Assert.Equal((CommandOutcome.Failed, e.Message), (_rig.Audit.Commands.Last().Outcome, _rig.Audit.Commands.Last().Detail));
        _rig.Run(Give(command, other));
        _rig.Settle();
    }

    private Task<CommandResult> Give(string command, ClientReference client)
    {
        IMandosServer server = _rig.Engine.Server;
        CancellationToken none = CancellationToken.None;
        return command switch
        {
            "enable" => server.EnableAsync(client, EngineRig.Person, none),
            "disable" => server.DisableAsync(client, EngineRig.Person, none),
            "approve" => server.ApproveAsync(client, true, EngineRig.Person, none),
            "deny" => server.ApproveAsync(client, false, EngineRig.Person, none),
            "checked" => server.MarkCheckedOkAsync(client, EngineRig.Person, none),
            "start" => server.StartCheckerAsync(client, EngineRig.Person, none),
            "stop" => server.StopCheckerAsync(client, EngineRig.Person, none),
            "change" => server.ChangeAsync(client, ClientChange.Of(ClientSetting.Host, "h"), EngineRig.Person, none),
            "secret" => server.SetSecretAsync(client, new byte[] { 1 }, EngineRig.Person, none),
            _ => server.RemoveAsync(client, EngineRig.Person, none),
        };
    }

    [Fact]
    public void Id_AfterAReload_ChangesWithTheKeyAlone()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        long a = _rig["a"].Id;
        Assert.NotEqual(a, _rig["b"].Id);

        _rig.Reload(EngineRig.Define("a", s => s with { Host = "h" }), EngineRig.Define("b"));
        Assert.Equal(a, _rig["a"].Id);

        ClientSnapshot before = _rig["a"];
        _rig.Reload(EngineRig.Define("a", s => s with { KeyId = EngineRig.KeyId("x") }), EngineRig.Define("b"));
        Assert.NotEqual(a, _rig["a"].Id);
        Assert.NotEqual(_rig["a"].Id, _rig["b"].Id);
        Assert.Throws<UnknownClientException>(() => _rig.Run(Give("disable", before)));
        Assert.True(_rig["a"].Enabled);
    }

    [Fact]
    public void Remove_Client_ItsKeyIsUnknownAndItsSecretZeroed()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", [1, 2, 3]);
        ReadOnlyMemory<byte> secret = _rig.Client("a").Secret.Memory;
        ReadOnlyMemory<byte> file = _rig.Client("a").Definition.Secret.Memory;

        _rig.Remove("a");

        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal(-1, secret.Span.IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, file.Span.IndexOfAnyExcept((byte)0));
        Assert.Contains(_rig.TakeEvents(), static e => e.StartsWith("ClientNotFound", StringComparison.Ordinal));
        Assert.Throws<UnknownClientException>(() => _rig.Remove("a"));
        _rig.Pass(TimeSpan.FromDays(1));
        Assert.Empty(_rig.TakeEvents());
        Assert.Equal(0, _rig.Engine.Parts.Services.Deadlines.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Remove_VerdictInForce_LeavesNoDeadline(bool verdict)
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromMinutes(1), ApprovalDuration = TimeSpan.FromMinutes(5) }));
        FakePeer peer = _rig.Hold("a");
        _rig.Approve("a", verdict);
        _rig.Finish(peer.TakeSecret());

        _rig.Remove("a");

        Assert.Equal(0, _rig.Engine.Parts.Services.Deadlines.Count);
    }

    [Fact]
    public void SetSecret_AuditFails_LeavesTheClientItsSecret()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Audit.CommandError = new IOException("the audit");

        Assert.Throws<IOException>(() => _rig.SetSecret("a", "new"u8.ToArray()));

        Assert.Equal("new", System.Text.Encoding.ASCII.GetString(_rig.Serve("a").Received!));
    }

    [Fact]
    public void Remove_WhileItsSecretIsSent_TellsNothingMore()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(
            new FakePeer { TakesWhatIsOnItsWay = true }.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");
        Task removed = _rig.Engine.Server.RemoveAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Engine.Parts.Clients.Count == 0, "the client to be removed");
        _rig.TakeEvents();

        peer.TakeSecret();
        _rig.Run(removed);
        _rig.Finish(peer);

        Assert.Equal(EngineRig.FileSecret("a"), System.Text.Encoding.ASCII.GetString(peer.Received!));
        Assert.Empty(_rig.TakeEvents());
        Assert.Null(_rig.Store["a"]!.Client);
        Assert.Equal(0, _rig.Engine.Parts.Services.Deadlines.Count);
    }

    [Fact]
    public void Disable_WhileItsSecretIsSent_StaysDisabled()
    {
        _rig.Start(EngineRig.Define("a"));
        FakePeer peer = _rig.Connect(
            new FakePeer { TakesWhatIsOnItsWay = true }.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the write");
        Task disabled = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => !_rig["a"].Enabled, "the client to be disabled");

        peer.TakeSecret();
        _rig.Run(disabled);
        _rig.Finish(peer);

        Assert.Equal(EngineRig.FileSecret("a"), System.Text.Encoding.ASCII.GetString(peer.Received!));
        Assert.Equal((false, null), (_rig["a"].Enabled, _rig["a"].Expires));
    }

    private static ClientChange Bad<T>(ClientSetting<T> setting, T value)
        where T : notnull => ClientChange.Of(ClientSetting.Host, "x").With(setting, value);
}
