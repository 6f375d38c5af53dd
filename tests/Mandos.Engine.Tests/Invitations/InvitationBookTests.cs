using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Invitations;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Invitations;

/// <summary>Which token opens what, for how long and how often, and what is on disk meanwhile.</summary>
public sealed class InvitationBookTests : IDisposable
{
    private static readonly CommandSource _root = EngineRig.Person with { MayReadSecrets = true };
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    private readonly FakeInvitations _fakes = new();
    private readonly EngineRig _rig;
    private string[] _problems = [];

    public InvitationBookTests() => _rig = NewRig();

    private IInvitations Invitations => _rig.Engine.Server.Invitations!;

    private InvitationBook Book => _rig.Engine.Parts.Invitations!;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Take_GoodToken_HoldsTheSectionUntilItEnds()
    {
        _rig.Start();
        Assert.False(Book.IsAwaiting);
        NewInvitation made = Invite("new");
        Assert.True(Book.IsAwaiting);
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(made.Token)), Assert.Single(_fakes.Kept).TokenHash.ToArray());
        Assert.Equal([("open", 1), ("pending", 0)], Book.Counts);

        Assert.Equal((Outcome.InvitationTaken, "key ID " + EngineRig.KeyId("new")), Take(made.Token, Section("new")));

        Assert.Equal(["InvitationArrived"], _rig.TakeEvents());
        Invitation pending = Assert.Single(List());
        Assert.Equal(
            ("new", IPAddress.Loopback, EngineRig.KeyId("new"), TestClock.Epoch + InvitationLimits.PendingTime),
            (pending.Name, pending.Address, pending.KeyId, pending.Until));
        Assert.Equal([("open", 0), ("pending", 1)], Book.Counts);
        Assert.Equal(Section("new"), Read("new"));
        Assert.Equal(Section("new"), Encoding.ASCII.GetString(Assert.Single(_fakes.Kept).Section.Span));
        Assert.Equal(
            (Outcome.BadInvitation, "the invitation of new has been used: what was sent waits on the server, or has waited too long"),
            Take(made.Token, Section("new")));

        End("new", accepted: true);
        Assert.Empty(List());
        Assert.True(Assert.Single(_fakes.Kept).Section.IsEmpty);
        Assert.Equal((Outcome.BadInvitation, "the invitation of new has been ended on the server"), Take(made.Token, Section("new")));
        Assert.Throws<InvitationException>(() => Read("new"));
        Assert.Throws<InvitationException>(() => End("new", accepted: true));
        _rig.Pass(InvitationLimits.EndedTime);
        Assert.False(Book.IsAwaiting);
    }

    [Fact]
    public void Take_TokenThatIsNotGood_IsRefusedAndSaysWhy()
    {
        _rig.Start();
        NewInvitation late = Invite("late");
        NewInvitation other = Invite("other");
        _rig.Pass(_hour - TimeSpan.FromSeconds(1));
        _problems = ["it is bad"];
        Assert.Equal((Outcome.InvitedSectionRefused, "it is bad"), Take(late.Token, Section("late")));
        _problems = [];
        Assert.Equal(Outcome.InvitedSectionRefused, Take(late.Token, Section("other")).Outcome);
        _rig.Pass(TimeSpan.FromSeconds(1));

        (Outcome outcome, string text) = Take(late.Token, Section("late"));
        Assert.Equal(Outcome.BadInvitation, outcome);
        Assert.StartsWith("the invitation of late was valid until ", text, StringComparison.Ordinal);
        string guessed = (other.Token[0] == '0' ? '1' : '0') + other.Token[1..];
        Assert.Equal((Outcome.BadInvitation, "nobody has been invited with this token, or that is long ago"), Take(guessed, Section("other")));
        Assert.Empty(List());
    }

    [Fact]
    public void Take_TooManyBadSections_ClosesTheInvitation()
    {
        _rig.Start();
        NewInvitation made = Invite("new");
        for (int i = 0; i < InvitationLimits.Attempts; i++)
        {
            Assert.Equal(Outcome.InvitedSectionRefused, Take(made.Token, "[other]\n").Outcome);
        }

        Assert.Equal((Outcome.BadInvitation, "new has sent 20 sections that were refused; ask for another invitation"), Take(made.Token, Section("new")));
        End("new", accepted: false);
        Assert.Equal(Outcome.InvitationTaken, Take(Invite("new").Token, Section("new")).Outcome);
    }

    [Fact]
    public void Take_WhatNobodyHasDecided_IsForgotten()
    {
        _rig.Start();
        NewInvitation made = Invite("new");
        Take(made.Token, Section("new"));
        _rig.Pass(InvitationLimits.PendingTime);

        Assert.Empty(List());
        Assert.Throws<InvitationException>(() => Read("new"));
        Invite("new");
        Assert.All(_fakes.Kept, static kept => Assert.True(kept.Section.IsEmpty));
    }

    [Fact]
    public void Changes_ThatCannotBeKept_AreNotInForce()
    {
        _rig.Start();
        NewInvitation made = Invite("new");
        _fakes.Error = new IOException("the disk is full");

        Assert.Equal(
            "invitations cannot be kept: the disk is full", Assert.Throws<InvitationException>(() => Invite("other")).Message);
        Assert.Equal((Outcome.UnexpectedError, "invitations cannot be kept: the disk is full"), Take(made.Token, Section("new")));
        Assert.Throws<InvitationException>(() => End("new", accepted: false));
        Assert.Null(Assert.Single(List()).Arrived);

        _fakes.Error = null;
        Assert.Equal(Outcome.InvitationTaken, Take(made.Token, Section("new")).Outcome);
    }

    [Fact]
    public void Start_WithKeptInvitations_GoesOnWithThem()
    {
        _rig.Start();
        NewInvitation open = Invite("open");
        Take(Invite("new").Token, Section("new"));
        using EngineRig next = NewRig().Start();

        Assert.Equal(["new", "open"], Result(next, next.Engine.Server.Invitations!.ListAsync(CancellationToken.None).AsTask()).Select(static one => one.Name));
        Assert.Equal(("open", null), next.Engine.Parts.Invitations!.Judge(Encoding.ASCII.GetBytes(open.Token)));
    }

    [Fact]
    public void Start_WithDamagedFile_ServesAndInvitesNobody()
    {
        _fakes.Error = new IOException("invitations.json is damaged");
        _rig.Start(EngineRig.Define("a"));

        Assert.NotNull(_rig.Serve("a").Received);
        Assert.Equal("nobody can be invited: invitations.json is damaged", Assert.Throws<InvitationException>(() => Invite("new")).Message);
        Assert.False(Book.IsAwaiting);
    }

    [Theory]
    [InlineData("", 60)]
    [InlineData("DEFAULT", 60)]
    [InlineData("-new", 60)]
    [InlineData("a b", 60)]
    [InlineData("a;b", 60)]
    [InlineData("new", 0)]
    [InlineData("new", -1)]
    [InlineData("new", 43201)]
    public void Invite_NameOrTimeThatCannotBe_IsRefused(string name, int minutes)
    {
        _rig.Start();
        Assert.Throws<ArgumentException>(() => Invite(name, TimeSpan.FromMinutes(minutes)));
    }

    [Fact]
    public void Invite_ClientInvitedOrTooMany_IsRefused()
    {
        _rig.Start(EngineRig.Define("a"));
        Invite("new");
        Assert.Equal("there is a client “a” already", Assert.Throws<InvitationException>(() => Invite("a")).Message);
        Assert.Equal("“new” is invited already; mandos-ctl --reject new takes that back", Assert.Throws<InvitationException>(() => Invite("new")).Message);
        for (int i = 1; i < InvitationLimits.MostLive; i++)
        {
            Invite($"new{i}");
        }

        Assert.Equal(
            "256 machines are invited already, the most allowed; mandos-ctl --invitations lists them",
            Assert.Throws<InvitationException>(() => Invite("last")).Message);
    }

    [Fact]
    public void Anything_ByWhoMayNotReadSecrets_IsRefusedAndRecorded()
    {
        _rig.Start();
        Take(Invite("new").Token, Section("new"));

        Assert.Throws<UnauthorizedAccessException>(() => _rig.Run(Invitations.InviteAsync("other", _hour, EngineRig.Person, CancellationToken.None)));
        Assert.Throws<UnauthorizedAccessException>(() => _rig.Run(Invitations.EndAsync("new", true, EngineRig.Person, CancellationToken.None)));
        Assert.Throws<UnauthorizedAccessException>(() => _rig.Run(Task.Run(async () => await Invitations.ReadAsync("new", EngineRig.Person, CancellationToken.None))));

        Assert.Single(List());
        Assert.Equal(
            [(AuditCommand.Invite, CommandOutcome.Done), (AuditCommand.Invite, CommandOutcome.Failed), (AuditCommand.AcceptInvitation, CommandOutcome.Failed)],
            _rig.Audit.Commands.Select(static record => (record.Command, record.Outcome)));
    }

    private EngineRig NewRig() => new()
    {
        Options = new EngineOptions
        {
            Invitations = new InvitationOptions(_fakes, _fakes),
            Examine = _ => Task.FromResult(new Examination
            {
                ConfigDirectory = "/etc",
                Problems = _problems,
                Clients =
                [
                    new ExaminedClient
                    {
                        Client = new ClientSnapshot { Name = "new", Settings = new ClientSettings { KeyId = EngineRig.KeyId("new") }, Created = TestClock.Epoch },
                        Line = 1,
                        SecretLength = 1,
                    },
                ],
            }),
        },
    };

    private static string Section(string name) => $"[{name}]\nhost = {name}\nkey_id = 00ff\nsecret =\n    aGFsbG8=\n";

    private NewInvitation Invite(string name, TimeSpan? valid = null) => Result(Invitations.InviteAsync(name, valid ?? _hour, _root, CancellationToken.None));

    private (Outcome Outcome, string Text) Take(string token, string section)
    {
        Arrival arrival = Result(Book.TakeAsync(
            Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(section), IPAddress.Loopback, CancellationToken.None));
        return (arrival.Outcome, arrival.Text);
    }

    private string Read(string name) => Encoding.ASCII.GetString(Result(Task.Run(async () => await Invitations.ReadAsync(name, _root, CancellationToken.None))));

    private void End(string name, bool accepted) => _rig.Run(Invitations.EndAsync(name, accepted, _root, CancellationToken.None));

    private IReadOnlyList<Invitation> List() => Result(Invitations.ListAsync(CancellationToken.None).AsTask());

    private T Result<T>(Task<T> task) => Result(_rig, task);

    private static T Result<T>(EngineRig rig, Task<T> task)
    {
        rig.Run(task);
        return task.GetAwaiter().GetResult();
    }
}
