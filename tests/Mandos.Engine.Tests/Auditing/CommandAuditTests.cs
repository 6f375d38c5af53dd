using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Auditing;

/// <summary>Each command has its records, in the order in which commands were carried out.</summary>
public sealed class CommandAuditTests : IDisposable
{
    private readonly EngineRig _rig = new() { Options = new() { Invitations = FakeInvitations.NewOptions() } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Command_OfEachKind_IsRecordedWithWhoGaveIt()
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovalDelay = TimeSpan.FromMinutes(1) }));
        _rig.Disable("a");
        _rig.Enable("a");
        _rig.StartChecker("a");
        _rig.StopChecker("a");
        _rig.MarkCheckedOk("a");
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30), needsNoApproval: true);
        _rig.ExpectReboot("a", TimeSpan.Zero);
        _rig.Rehearse("a", TimeSpan.FromMinutes(10));
        _rig.Rehearse("a", TimeSpan.Zero);
        _rig.Change("a", ClientChange.Of(ClientSetting.Checker, "secret --word").With(ClientSetting.Timeout, TimeSpan.FromMinutes(7)));
        _rig.SetSecret("a", "other"u8.ToArray());
        FakePeer approved = _rig.Hold("a", "192.0.2.1");
        _rig.Decide(1, true);
        _rig.Finish(approved);
        _rig.Hold("a", "192.0.2.1");
        _rig.Decide(2, false);
        _rig.Approve("a", true);
        _rig.Approve("a", false);
        _rig.Reload(EngineRig.Define("a") with { Next = new NextKey(EngineRig.KeyId("next"), new Secret("next"u8)) });
        _rig.Run(_rig.Engine.Server.PromoteAsync("a", EngineRig.Person, TestContext.Current.CancellationToken));
        _rig.Add("b");
        _rig.Remove("a");
        _rig.Run(_rig.Engine.Server.ForgetAsync("a", EngineRig.Person, TestContext.Current.CancellationToken));
        IInvitations invitations = _rig.Engine.Server.Invitations!;
        CommandSource trusted = EngineRig.Person with { MayReadSecrets = true };
        foreach (bool isAccepted in (bool[])[true, false])
        {
            _rig.Run(invitations.InviteAsync("c", TimeSpan.FromHours(1), trusted, TestContext.Current.CancellationToken));
            _rig.Run(invitations.EndAsync("c", isAccepted, trusted, TestContext.Current.CancellationToken));
        }

        Assert.All(_rig.Audit.Commands, static record => Assert.Equal(
            (EngineRig.Person, CommandOutcome.Done), (record.Source, record.Outcome)));
        Assert.Equal(
            [
                "disable a: ", "enable a: ", "start checker a: ", "stop checker a: ", "mark checked ok a: ",
                "expect reboot a: PT30M, without approval: a new kernel", "expect no reboot a: ", "rehearse a: PT10M", "rehearse a: PT0S",
                "change a: checker, timeout", "set secret a: ", "approve request a: request 1 from 192.0.2.1:40000",
                "deny request a: request 2 from 192.0.2.1:40000", "approve a: ", "deny a: ", "reload : ", "promote a: ", "add b: " + EngineRig.KeyId("b"), "remove a: ", "forget a: ",
                "invite c: ", "accept invitation c: ", "invite c: ", "reject invitation c: ",
            ],
            Told());
        Assert.Equal(Enum.GetValues<AuditCommand>().Length, _rig.Audit.Commands.Select(static record => record.Command).Distinct().Count());
    }

    [Fact]
    public void Command_ThatCannotBeCarriedOut_IsRecordedWithTheReason()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.File = static () => throw new ConfigurationException(["clients.conf:3: it is bad", "clients.conf:4: this too"]);

        Assert.Throws<UnknownClientException>(() => _rig.Enable("b"));
        Assert.Throws<ArgumentException>(() => _rig.Change("a", ClientChange.Of(ClientSetting.Interval, TimeSpan.Zero)));
        Assert.Throws<ArgumentException>(() => _rig.SetSecret("a", new byte[(1 << 20) + 1]));
        Assert.Throws<ClientExistsException>(() => _rig.Add("a"));
        Assert.Throws<UnknownRequestException>(() => _rig.Decide(7, true));
        Assert.Throws<ConfigurationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None)));

        Assert.All(_rig.Audit.Commands, static record => Assert.Equal(CommandOutcome.Failed, record.Outcome));
        Assert.Equal(
            [
                "enable b: there is no client named “b”", "change a: the interval must be more than zero",
                "set secret a: a secret may have at most 1048576 bytes, this one has 1048577", "add a: there is a client “a” already",
                "approve request : no request with the number 7 waits for approval", "reload : clients.conf:3: it is bad",
            ],
            Told());
    }

    [Fact]
    public void Command_NotSaved_IsDoneAndThenNotSaved()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Store.Error = new StateStoreException("the disk is full");

        Assert.Throws<NotSavedException>(() => _rig.Disable("a"));

        Assert.Equal(
            [(CommandOutcome.Done, null), (CommandOutcome.NotSaved, "the disk is full")],
            _rig.Audit.Commands.Select(static record => (record.Outcome, record.Detail)));
    }

    [Fact]
    public void Command_GivenUpWhileItIsSaved_IsRecordedToItsEnd()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Run(_rig.Engine.Parts.Keeper.FlushAsync());
        _rig.Store.Hang();
        using var giveUp = new CancellationTokenSource();
        Task disable = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, giveUp.Token);
        _rig.Until(() => _rig.Store.IsHanging, "the save");

        giveUp.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => _rig.Run(disable));
        _rig.Store.Error = new StateStoreException("the disk is full");
        _rig.Store.Release();

        _rig.Until(() => _rig.Audit.Commands.Count == 2, "the second record");
        Assert.Equal(
            [(CommandOutcome.Done, null), (CommandOutcome.NotSaved, "the disk is full")],
            _rig.Audit.Commands.Select(static record => (record.Outcome, record.Detail)));
    }

    [Fact]
    public void Add_GivenUpWhileItIsJudged_IsDoneAndRecorded()
    {
        var judged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var rig = new EngineRig { Options = new EngineOptions { JudgeClient = _ => judged.Task } };
        rig.Start();
        using var giveUp = new CancellationTokenSource();
        Task add = rig.Engine.Server.AddClientAsync(EngineRig.New("b"), "s"u8.ToArray(), EngineRig.Person, giveUp.Token);

        giveUp.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => rig.Run(add));
        Assert.Empty(rig.Audit.Commands);
        judged.SetResult();

        rig.Until(() => !rig.Audit.Commands.IsEmpty, "the record");
        CommandRecord record = Assert.Single(rig.Audit.Commands);
        Assert.Equal((AuditCommand.Add, "b", CommandOutcome.Done), (record.Command, record.Client, record.Outcome));
        Assert.True(rig["b"].Enabled);
    }

    [Theory]
    [InlineData(AuditCommand.Add)]
    [InlineData(AuditCommand.Reload)]
    public void Command_GivenUpBeforeItBegan_IsRecordedAsNotDone(AuditCommand command)
    {
        _rig.Start(EngineRig.Define("a"));
        var givenUp = new CancellationToken(true);

        Task given = command == AuditCommand.Add ? _rig.Engine.Server.AddClientAsync(EngineRig.New("b"), "s"u8.ToArray(), EngineRig.Person, givenUp)
            : _rig.Engine.Server.ReloadAsync(EngineRig.Person, givenUp);

        Assert.ThrowsAny<OperationCanceledException>(() => _rig.Run(given));
        CommandRecord record = Assert.Single(_rig.Audit.Commands);
        Assert.Equal((command, CommandOutcome.Failed, "it was given up before it began"), (record.Command, record.Outcome, record.Detail));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Command_WhenTheServerStops_IsRecordedAsNotDone(bool hasStopped)
    {
        _rig.Start(EngineRig.Define("a"));
        if (hasStopped)
        {
            _rig.Run(_rig.Engine.StopAsync(CancellationToken.None));
        }
        else
        {
            _rig.Engine.Parts.Services.BeginStop();
        }

        Action[] commands =
        [
            () => _rig.Enable("a"), () => _rig.StartChecker("a"), () => _rig.Approve("a", true), () => _rig.Decide(1, true), () => _rig.SetSecret("a", [1]),
            () => _rig.Add("b"), () => _rig.Forget("a"), () => _rig.Remove("a"), () => _rig.Reload(),
        ];

        Assert.All(commands, command => Assert.ThrowsAny<OperationCanceledException>(command));
        Assert.Equal(
            [
                AuditCommand.Enable, AuditCommand.StartChecker, AuditCommand.Approve, AuditCommand.ApproveRequest, AuditCommand.SetSecret,
                AuditCommand.Add, AuditCommand.Forget, AuditCommand.Remove, AuditCommand.Reload,
            ],
            _rig.Audit.Commands.Select(static record => record.Command));
        Assert.All(_rig.Audit.Commands, static record => Assert.Equal((CommandOutcome.Failed, "the server is stopping"), (record.Outcome, record.Detail)));
    }

    [Fact]
    public void Record_LongTexts_AreCutAndQuoted()
    {
        string text = new('x', 5000);
        var record = new CommandRecord
        {
            Time = DateTimeOffset.UnixEpoch,
            Command = AuditCommand.Remove,
            Outcome = CommandOutcome.NotSaved,
            Client = "a \"b\"",
            Source = new CommandSource("web") { User = text, Address = "::1" },
            Detail = text,
        };

        string cut = text[..AuditRecord.LongestDetail];
        Assert.Equal(
            $"""command="remove" outcome="not saved" client="a \"b\"" surface="web" user="{cut}" address="::1" detail="{cut}" """.TrimEnd(),
            record.ToString());
    }

    [Fact]
    public void Phrase_EveryCommandAndOutcome_IsDistinct()
    {
        Assert.Distinct(Enum.GetValues<AuditCommand>().Select(static command => command.Phrase()));
        Assert.Distinct(Enum.GetValues<CommandOutcome>().Select(static outcome => outcome.Phrase()));
    }

    private IEnumerable<string> Told()
        => _rig.Audit.Commands.Select(static record => $"{record.Command.Phrase()} {record.Client}: {record.Detail}");
}
