using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Auditing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Auditing;

/// <summary>Each command has its records, in the order in which commands were carried out.</summary>
public sealed class CommandAuditTests : IDisposable
{
    private readonly EngineRig _rig = new();

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
        _rig.Change("a", ClientChange.Of(ClientSetting.Checker, "secret --word").With(ClientSetting.Timeout, TimeSpan.FromMinutes(7)));
        _rig.SetSecret("a", "other"u8.ToArray());
        _rig.Hold("a", "192.0.2.1");
        _rig.Decide(1, true);
        _rig.Hold("a", "192.0.2.1");
        _rig.Decide(2, false);
        _rig.Approve("a", true);
        _rig.Approve("a", false);
        _rig.Reload(EngineRig.Define("a"));
        _rig.Add("b");
        _rig.Remove("a");
        _rig.Run(_rig.Engine.Server.ForgetAsync("a", EngineRig.Person, TestContext.Current.CancellationToken));

        Assert.All(_rig.Audit.Commands, static record => Assert.Equal(
            (EngineRig.Person, CommandOutcome.Done), (record.Source, record.Outcome)));
        Assert.Equal(
            [
                "disable a: ", "enable a: ", "start checker a: ", "stop checker a: ", "mark checked ok a: ",
                "change a: checker, timeout", "set secret a: ", "approve request a: request 1 from 192.0.2.1:40000",
                "deny request a: request 2 from 192.0.2.1:40000", "approve a: ", "deny a: ", "reload : ", "add b: " + EngineRig.KeyId("b"), "remove a: ", "forget a: ",
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
