namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>
/// Decides what to ask of Avahi to get one service announced, over one connection to the bus. It only takes events and returns
/// steps: it knows neither the bus nor the clock. Not thread-safe.
/// </summary>
/// <param name="name">The name to try first.</param>
/// <remarks>
/// A group has one call under way at most, whose number is in <c>_pending</c>; answers to others are too late and ignored. After
/// <see cref="Step.GiveUp"/> nothing more is done.
/// </remarks>
internal sealed class ServiceRegistration(string name)
{
    /// <summary>How many names are tried after the first.</summary>
    public const int MaxRenames = 32_768;

    /// <summary>The D-Bus error that says that a name is taken on this machine already.</summary>
    public const string CollisionError = "org.freedesktop.Avahi.CollisionError";

    /// <summary>The object of Avahi itself.</summary>
    public const string ServerPath = "/";

    private enum Phase
    {
        /// <summary>Avahi is not on the bus, or not known to be.</summary>
        NoAvahi,

        /// <summary>Avahi is there but not known to run.</summary>
        NotRunning,
        CreatingGroup,
        AddingService,

        /// <summary>Avahi makes sure that the name is free.</summary>
        Registering,
        Established,
        FindingName,
        EmptyingGroup,
        Ended,
    }

    private readonly string _firstName = name;

    /// <summary>Calls for a group that is no longer wanted, whose answers are still to come.</summary>
    private readonly HashSet<int> _unwantedGroups = [];

    private List<Step> _steps = [];
    private Phase _phase;
    private string? _avahi;
    private string? _group;
    private int _lastCall;
    private int _pending;

    /// <summary>The call that should announce what is registered now.</summary>
    private int _commit;
    private int _renames;

    /// <summary>The name that is announced or tried.</summary>
    public string Name { get; private set; } = name;

    /// <summary>Takes an event.</summary>
    /// <returns>What to do now, in this order.</returns>
    public IReadOnlyList<Step> Handle(AvahiEvent happened)
    {
        if (_phase == Phase.Ended)
        {
            return [];
        }

        _steps = [];
        switch (happened)
        {
            case AvahiEvent.OwnerChanged changed when changed.Owner != _avahi:
                FollowOwner(changed.Owner);
                break;
            case AvahiEvent.NotFound when _avahi is null:
                _steps.Add(new Step.Waiting(State: null));
                break;
            case AvahiEvent.ServerStateChanged changed when _avahi is not null && changed.Sender == _avahi:
                FollowServer(changed.State);
                break;
            case AvahiEvent.GroupStateChanged changed
                when _group is not null && changed.Sender == _avahi && changed.Path == _group:
                FollowGroup(changed);
                break;
            case AvahiEvent.Answered answer when _unwantedGroups.Remove(answer.Call):
                Request(AvahiMethod.Free, answer.Text);
                break;
            case AvahiEvent.Answered answer when answer.Call == _pending:
                Continue(answer.Text);
                break;
            case AvahiEvent.Failed failure when !_unwantedGroups.Remove(failure.Call) && failure.Call == _pending:
                Recover(failure);
                break;
            // An interface that vanishes while Avahi asks there for the name leaves the group in this state for good.
            case AvahiEvent.Overdue overdue when _phase == Phase.Registering && overdue.Call == _commit:
                _steps.Add(new Step.Retried(Name));
                _phase = Phase.EmptyingGroup;
                _pending = Request(AvahiMethod.Reset, _group!);
                break;
            case AvahiEvent.Stopping:
                LeaveGroup();
                _phase = Phase.Ended;
                break;
        }

        return _steps;
    }

    private void FollowOwner(string? owner)
    {
        // The groups of an Avahi that has gone are gone with it.
        _group = null;
        _unwantedGroups.Clear();
        _pending = 0;
        _avahi = owner;
        if (owner is null)
        {
            _phase = Phase.NoAvahi;
            _steps.Add(new Step.Waiting(State: null));
        }
        else
        {
            _phase = Phase.NotRunning;
            _pending = Request(AvahiMethod.GetState, ServerPath);
        }
    }

    private void FollowServer(ServerState state)
    {
        if (state != ServerState.Running)
        {
            LeaveGroup();
            _pending = 0;
            _phase = Phase.NotRunning;
            _steps.Add(new Step.Waiting(state));
        }
        else if (_phase == Phase.NotRunning)
        {
            _phase = Phase.CreatingGroup;
            _pending = Request(AvahiMethod.EntryGroupNew, ServerPath);
        }
    }

    private void FollowGroup(AvahiEvent.GroupStateChanged changed)
    {
        switch (changed.State)
        {
            case GroupState.Established when _phase == Phase.Registering:
                _phase = Phase.Established;
                _pending = 0; // Commit may not have been answered yet; it has done its work
                _steps.Add(new Step.Announced(Name));
                break;
            // In other phases it is about a name that we have left already.
            case GroupState.Collision when _phase is Phase.Registering or Phase.Established:
                FindOtherName();
                break;
            case GroupState.Failure:
                GiveUp($"Avahi cannot announce “{Name}”: {changed.Error}");
                break;
        }
    }

    private void Continue(string text)
    {
        _pending = 0;
        switch (_phase)
        {
            case Phase.CreatingGroup:
                _group = text;
                AddService();
                break;
            case Phase.AddingService:
                _phase = Phase.Registering;
                _commit = _pending = Request(AvahiMethod.Commit, _group!);
                break;
            case Phase.FindingName:
                _steps.Add(new Step.Renamed(Name, text));
                Name = text;
                _phase = Phase.EmptyingGroup;
                _pending = Request(AvahiMethod.Reset, _group!);
                break;
            case Phase.EmptyingGroup:
                AddService();
                break;
        }
    }

    private void Recover(AvahiEvent.Failed failure)
    {
        _pending = 0;
        if (failure.ErrorName == CollisionError && _phase is Phase.AddingService or Phase.Registering)
        {
            FindOtherName();
        }
        else
        {
            GiveUp($"Avahi cannot announce “{Name}”: {failure.Reason}");
        }
    }

    private void AddService()
    {
        _phase = Phase.AddingService;
        _pending = Request(AvahiMethod.AddService, _group!, Name);
    }

    private void FindOtherName()
    {
        if (_renames == MaxRenames)
        {
            var last = Name;
            Name = _firstName;
            GiveUp($"all names from “{_firstName}” to “{last}” are taken");
            return;
        }

        _renames++;
        _phase = Phase.FindingName;
        _pending = Request(AvahiMethod.GetAlternativeServiceName, ServerPath, Name);
    }

    private void LeaveGroup()
    {
        if (_phase == Phase.CreatingGroup)
        {
            _unwantedGroups.Add(_pending);
        }

        if (_group is { } group)
        {
            _group = null;
            Request(AvahiMethod.Free, group);
        }
    }

    private void GiveUp(string reason)
    {
        LeaveGroup();
        _phase = Phase.Ended;
        _steps.Add(new Step.GiveUp(reason));
    }

    private int Request(AvahiMethod method, string path, string serviceName = "")
    {
        _steps.Add(new Step.Request(++_lastCall, _avahi!, method, path, serviceName));
        return _lastCall;
    }
}
