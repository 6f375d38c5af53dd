using Mandos.AvahiAnnouncer.Registration;

namespace AvahiAnnouncer.Tests.Registration;

/// <summary>What is asked of Avahi, event by event.</summary>
public sealed class ServiceRegistrationTests
{
    private const string Avahi = ":1.7";
    private const string Group = "/Client1/EntryGroup1";

    private readonly ServiceRegistration _registration = new("Mandos");
    private Step.Request _asked = null!;

    [Fact]
    public void OwnerChanged_AvahiAppears_AsksForItsState()
    {
        Assert.Equal([new Step.Request(1, Avahi, AvahiMethod.GetState, "/")], Handle(new AvahiEvent.OwnerChanged(Avahi)));
        Assert.Empty(Handle(new AvahiEvent.OwnerChanged(Avahi)));
    }

    [Fact]
    public void Handle_EverythingInOrder_Announces()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Expect(Server(ServerState.Running), AvahiMethod.EntryGroupNew, "/");
        Expect(Answer(Group), AvahiMethod.AddService, Group, "Mandos");
        Expect(Answer(), AvahiMethod.Commit, Group);
        Assert.Empty(Handle(Answer()));
        Assert.Empty(Handle(State(GroupState.Registering)));
        Assert.Equal([new Step.Announced("Mandos")], Handle(State(GroupState.Established)));
    }

    [Fact]
    public void GroupStateChanged_EstablishedBeforeCommitIsAnswered_AnnouncesOnce()
    {
        RunToCommit();
        Assert.Equal([new Step.Announced("Mandos")], Handle(State(GroupState.Established)));
        Assert.Empty(Handle(Answer()));
        Assert.Empty(Handle(State(GroupState.Established)));
    }

    [Fact]
    public void GroupStateChanged_EstablishedAndCommitNeverAnswered_IsNoFailure()
    {
        RunToCommit();
        AvahiEvent noAnswer = Failure("org.freedesktop.DBus.Error.NoReply");
        Handle(State(GroupState.Established));
        Assert.Empty(Handle(noAnswer));
    }

    [Theory]
    [InlineData(nameof(GroupState.Registering))]
    [InlineData(nameof(GroupState.Established))]
    public void GroupStateChanged_Collision_TakesAlternativeName(string before)
    {
        RunToCommit();
        Handle(State(Enum.Parse<GroupState>(before)));
        Expect(State(GroupState.Collision), AvahiMethod.GetAlternativeServiceName, "/", "Mandos");

        // Says nothing new: the name is being changed already.
        Assert.Empty(Handle(State(GroupState.Collision)));

        Assert.Equal(
            [new Step.Renamed("Mandos", "Mandos #2"), new Step.Request(_asked.Call + 1, Avahi, AvahiMethod.Reset, Group)],
            Handle(Answer("Mandos #2")));
        Assert.Empty(Handle(State(GroupState.Uncommitted)));
        Expect(Answer(), AvahiMethod.AddService, Group, "Mandos #2");
        Expect(Answer(), AvahiMethod.Commit, Group);
        Handle(Answer());
        Assert.Equal([new Step.Announced("Mandos #2")], Handle(State(GroupState.Established)));
    }

    [Fact]
    public void Overdue_WhileRegistering_AsksAnewAndAnnounces()
    {
        RunToCommit();
        int commit = _asked.Call;
        Handle(Answer());
        Handle(State(GroupState.Registering));

        IReadOnlyList<Step> steps = Handle(new AvahiEvent.Overdue(commit));

        Assert.Equal([new Step.Retried("Mandos"), new Step.Request(commit + 1, Avahi, AvahiMethod.Reset, Group)], steps);
        Assert.Empty(Handle(State(GroupState.Established))); // it was late
        Expect(Answer(), AvahiMethod.AddService, Group, "Mandos");
        Expect(Answer(), AvahiMethod.Commit, Group);
        Assert.Empty(Handle(new AvahiEvent.Overdue(commit)));
        Assert.Equal([new Step.Announced("Mandos")], Handle(State(GroupState.Established)));
        Assert.Empty(Handle(new AvahiEvent.Overdue(_asked.Call)));
    }

    [Fact]
    public void GroupStateChanged_CollisionBeforeCommitIsAnswered_IgnoresThatAnswer()
    {
        RunToCommit();
        AvahiEvent committed = Answer();
        Expect(State(GroupState.Collision), AvahiMethod.GetAlternativeServiceName, "/", "Mandos");
        Assert.Empty(Handle(committed));
        Assert.Contains(new Step.Renamed("Mandos", "Mandos #2"), Handle(Answer("Mandos #2")));
    }

    [Fact]
    public void Failed_CollisionOnThisMachine_TakesAlternativeName()
    {
        RunToCommit();
        Restart();
        Handle(Server(ServerState.Running));
        Handle(Answer(Group));
        Expect(Failure(ServiceRegistration.CollisionError), AvahiMethod.GetAlternativeServiceName, "/", "Mandos");
    }

    [Fact]
    public void Failed_CollisionWithoutEnd_GivesUpAfterAllRenames()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Handle(Server(ServerState.Running));
        Handle(Answer(Group));
        for (int i = 0; i < ServiceRegistration.MaxRenames; i++)
        {
            Handle(Failure(ServiceRegistration.CollisionError));
            Assert.Equal(AvahiMethod.GetAlternativeServiceName, _asked.Method);
            Handle(Answer($"Mandos #{i + 2}"));
            Handle(Answer());
        }

        IReadOnlyList<Step> steps = Handle(Failure(ServiceRegistration.CollisionError));
        Assert.IsType<Step.GiveUp>(steps[^1]);
        Assert.Equal("Mandos", _registration.Name);
    }

    [Theory]
    [InlineData(nameof(AvahiMethod.GetState))]
    [InlineData(nameof(AvahiMethod.EntryGroupNew))]
    [InlineData(nameof(AvahiMethod.AddService))]
    [InlineData(nameof(AvahiMethod.Commit))]
    [InlineData(nameof(AvahiMethod.GetAlternativeServiceName))]
    [InlineData(nameof(AvahiMethod.Reset))]
    public void Failed_AnyCall_FreesGroupAndGivesUp(string method)
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        bool hasGroup = RunTo(Enum.Parse<AvahiMethod>(method));

        IReadOnlyList<Step> steps = Handle(Failure("org.freedesktop.DBus.Error.NoReply", "no answer"));

        Assert.Equal(hasGroup, steps.Contains(new Step.Request(_asked.Call, Avahi, AvahiMethod.Free, Group)));
        Assert.Contains("no answer", Assert.IsType<Step.GiveUp>(steps[^1]).Reason, StringComparison.Ordinal);
        Assert.Empty(Handle(new AvahiEvent.OwnerChanged(":1.8")));
    }

    [Fact]
    public void GroupStateChanged_Failure_FreesGroupAndGivesUp()
    {
        RunToCommit();
        IReadOnlyList<Step> steps = Handle(new AvahiEvent.GroupStateChanged(Avahi, Group, GroupState.Failure, "too many"));
        Assert.Equal(AvahiMethod.Free, Assert.IsType<Step.Request>(steps[0]).Method);
        Assert.Equal(new Step.GiveUp("Avahi cannot announce “Mandos”: too many"), steps[1]);
    }

    [Theory]
    [InlineData(nameof(ServerState.Invalid))]
    [InlineData(nameof(ServerState.Registering))]
    [InlineData(nameof(ServerState.Collision))]
    [InlineData(nameof(ServerState.Failure))]
    public void ServerStateChanged_NoLongerRunning_FreesGroupUntilItRuns(string name)
    {
        ServerState state = Enum.Parse<ServerState>(name);
        RunToCommit();
        Handle(State(GroupState.Established));
        int call = _asked.Call;
        Assert.Equal(
            [new Step.Request(call + 1, Avahi, AvahiMethod.Free, Group), new Step.Waiting(state)], Handle(Server(state)));

        // The group is not ours any more.
        Assert.Empty(Handle(State(GroupState.Collision)));
        Expect(Server(ServerState.Running), AvahiMethod.EntryGroupNew, "/");
    }

    [Fact]
    public void ServerStateChanged_WhileGroupIsMade_FreesThatGroupWhenItComes()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Handle(Server(ServerState.Running));
        AvahiEvent made = Answer(Group);
        Assert.Equal([new Step.Waiting(ServerState.Collision)], Handle(Server(ServerState.Collision)));
        Expect(Server(ServerState.Running), AvahiMethod.EntryGroupNew, "/");
        AvahiEvent madeAgain = Answer("/Client1/EntryGroup2");

        Expect(made, AvahiMethod.Free, Group);
        Expect(madeAgain, AvahiMethod.AddService, "/Client1/EntryGroup2", "Mandos");
    }

    [Fact]
    public void ServerStateChanged_RunningBeforeGetStateIsAnswered_StartsOnce()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Expect(Server(ServerState.Running), AvahiMethod.EntryGroupNew, "/");
        Assert.Empty(Handle(Server(ServerState.Running)));
    }

    [Fact]
    public void OwnerChanged_AvahiRestarts_StartsOverWithTheNameItHad()
    {
        RunToCommit();
        Handle(State(GroupState.Collision));
        Handle(Answer("Mandos #2"));
        AvahiEvent late = Answer();

        Assert.Equal([new Step.Waiting(null)], Handle(new AvahiEvent.OwnerChanged(null)));
        Expect(new AvahiEvent.OwnerChanged(":1.8"), AvahiMethod.GetState, "/");
        Assert.Equal(":1.8", _asked.Avahi);
        Assert.Empty(Handle(late));
        Assert.Empty(Handle(Server(ServerState.Running)));
        Expect(new AvahiEvent.ServerStateChanged(":1.8", ServerState.Running), AvahiMethod.EntryGroupNew, "/");
        Expect(Answer("/Client1/EntryGroup1"), AvahiMethod.AddService, Group, "Mandos #2");
    }

    [Fact]
    public void OwnerChanged_WithoutAbsenceBetween_StartsOver()
    {
        RunToCommit();
        Expect(new AvahiEvent.OwnerChanged(":1.8"), AvahiMethod.GetState, "/");
        Assert.Empty(Handle(State(GroupState.Established)));
    }

    [Fact]
    public void NotFound_AvahiHasComeSince_IsIgnored()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Assert.Empty(Handle(new AvahiEvent.NotFound()));
    }

    [Fact]
    public void NotFound_NoAvahi_Waits()
        => Assert.Equal([new Step.Waiting(null)], Handle(new AvahiEvent.NotFound()));

    [Theory]
    [InlineData(":1.66", Group)]
    [InlineData(null, Group)]
    [InlineData(Avahi, "/Client2/EntryGroup1")]
    [InlineData(Avahi, null)]
    public void GroupStateChanged_OfOthers_IsIgnored(string? sender, string? path)
    {
        RunToCommit();
        foreach (GroupState state in Enum.GetValues<GroupState>())
        {
            Assert.Empty(Handle(new AvahiEvent.GroupStateChanged(sender, path, state)));
        }
    }

    [Theory]
    [InlineData(":1.66")]
    [InlineData(null)]
    public void ServerStateChanged_OfOthers_IsIgnored(string? sender)
    {
        Assert.Empty(Handle(new AvahiEvent.ServerStateChanged(sender, ServerState.Running)));
        RunToCommit();
        foreach (ServerState state in Enum.GetValues<ServerState>())
        {
            Assert.Empty(Handle(new AvahiEvent.ServerStateChanged(sender, state)));
        }
    }

    [Fact]
    public void Stopping_WithGroup_FreesItAndEnds()
    {
        RunToCommit();
        Expect(new AvahiEvent.Stopping(), AvahiMethod.Free, Group);
        Assert.Empty(Handle(new AvahiEvent.OwnerChanged(":1.8")));
    }

    [Fact]
    public void Stopping_WithoutGroup_AsksNothing()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        Assert.Empty(Handle(new AvahiEvent.Stopping()));
    }

    private static AvahiEvent.ServerStateChanged Server(ServerState state) => new(Avahi, state);

    private static AvahiEvent.GroupStateChanged State(GroupState state) => new(Avahi, Group, state);

    private AvahiEvent.Answered Answer(string text = "") => new(_asked.Call, text);

    private AvahiEvent.Failed Failure(string error, string reason = "") => new(_asked.Call, error, reason);

    private IReadOnlyList<Step> Handle(AvahiEvent happened)
    {
        IReadOnlyList<Step> steps = _registration.Handle(happened);
        _asked = steps.OfType<Step.Request>().LastOrDefault() ?? _asked;
        return steps;
    }

    private void Expect(AvahiEvent happened, AvahiMethod method, string path, string name = "")
    {
        Step.Request request = Assert.IsType<Step.Request>(Assert.Single(Handle(happened)));
        Assert.Equal((method, path, name), (request.Method, request.Path, request.Name));
    }

    private void RunToCommit()
    {
        Handle(new AvahiEvent.OwnerChanged(Avahi));
        RunTo(AvahiMethod.Commit);
    }

    private void Restart()
    {
        Handle(new AvahiEvent.OwnerChanged(null));
        Handle(new AvahiEvent.OwnerChanged(Avahi));
    }

    /// <summary>Goes on until a method has been asked for.</summary>
    /// <returns>Whether there is a group then.</returns>
    private bool RunTo(AvahiMethod method)
    {
        while (_asked.Method != method)
        {
            Handle(_asked.Method switch
            {
                AvahiMethod.GetState => Server(ServerState.Running),
                AvahiMethod.EntryGroupNew => Answer(Group),
                AvahiMethod.Commit => State(GroupState.Collision),
                AvahiMethod.GetAlternativeServiceName => Answer("Mandos #2"),
                _ => Answer(),
            });
        }

        return method is not (AvahiMethod.GetState or AvahiMethod.EntryGroupNew);
    }
}
