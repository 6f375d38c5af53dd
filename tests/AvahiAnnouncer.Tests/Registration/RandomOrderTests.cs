using System.Globalization;
using Mandos.AvahiAnnouncer.Registration;

namespace AvahiAnnouncer.Tests.Registration;

/// <summary>A registration against a model of Avahi, with events in any order that the bus can bring about.</summary>
public sealed class RandomOrderTests
{
    private const int Runs = 3_000;

    [Fact]
    public void Handle_AnyOrder_EndsAnnouncedWithOneGroup()
    {
        int seed = Random.Shared.Next();
        for (int i = 0; i < Runs; i++, seed++)
        {
            var run = new Run(seed);
            try
            {
                run.Trouble();
                run.Settle();
            }
            catch (Exception e)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {e.Message}\n{run.History}"));
            }
        }
    }

    /// <summary>The bus between the two: messages of one come to the other in order.</summary>
    private sealed class Run(int seed)
    {
        private const string Name = "Mandos";

        private readonly Random _random = new(seed);
        private readonly ServiceRegistration _registration = new(Name);
        private readonly Queue<Step.Request> _toAvahi = new();
        private readonly Queue<AvahiEvent> _toUs = new();
        private readonly List<string> _history = [];
        private readonly Dictionary<string, (GroupState State, string? Service)> _groups = [];
        private readonly HashSet<string> _taken = [];
        private string? _avahi;
        private ServerState _server = ServerState.Invalid;
        private int _counter;
        private int _lastCommit;
        private string? _announced;

        public string History => string.Join('\n', _history);

        public void Trouble()
        {
            for (int steps = _random.Next(5, 120); steps > 0; steps--)
            {
                switch (_random.Next(13))
                {
                    case 0: Restart(); break;
                    case 1: Change((ServerState)_random.Next(5)); break;
                    case 2: Collide(); break;
                    case 3: Forge(); break;
                    case 4 or 5 or 6: Establish(); break;
                    case 7 or 8 or 9: Serve(); break;
                    case 10: Send(new AvahiEvent.Overdue(_lastCommit)); break;
                    default: Deliver(); break;
                }
            }
        }

        public void Settle()
        {
            if (_avahi is null)
            {
                Restart();
            }

            Change(ServerState.Running);
            while (Serve() | Deliver() | Establish())
            {
            }

            KeyValuePair<string, (GroupState State, string? Service)> group = Assert.Single(_groups);
            Assert.Equal((GroupState.Established, _registration.Name), group.Value);
            Assert.Equal(_registration.Name, _announced);
            Assert.DoesNotContain(_registration.Name, _taken);
        }

        private void Restart()
        {
            _groups.Clear();
            _server = ServerState.Invalid;
            if (_avahi is not null && _random.Next(2) == 0)
            {
                Send(new AvahiEvent.OwnerChanged(_avahi = null));
            }

            Send(new AvahiEvent.OwnerChanged(_avahi = $":1.{++_counter}"));

            // Calls on their way to the old one get an error from the bus.
            foreach (Step.Request request in _toAvahi)
            {
                Send(new AvahiEvent.Failed(request.Call, "org.freedesktop.DBus.Error.NoReply", "gone"));
            }

            _toAvahi.Clear();
        }

        private void Change(ServerState state)
        {
            if (_avahi is not null && _server != state)
            {
                _server = state;
                Send(new AvahiEvent.ServerStateChanged(_avahi, state));
            }
        }

        private void Collide()
        {
            foreach ((string path, (GroupState state, string? service)) in _groups)
            {
                if (state is GroupState.Registering or GroupState.Established)
                {
                    _taken.Add(service!);
                    Change(path, GroupState.Collision);
                    return;
                }
            }
        }

        private bool Establish()
        {
            foreach ((string path, (GroupState state, _)) in _groups)
            {
                if (state == GroupState.Registering)
                {
                    Change(path, GroupState.Established);
                    return true;
                }
            }

            return false;
        }

        private void Forge()
        {
            Send(new AvahiEvent.ServerStateChanged(":1.0", (ServerState)_random.Next(5)));
            foreach (string path in _groups.Keys)
            {
                Send(new AvahiEvent.GroupStateChanged(":1.0", path, (GroupState)_random.Next(5)));
            }
        }

        private bool Deliver()
        {
            if (!_toUs.TryDequeue(out AvahiEvent? happened))
            {
                return false;
            }

            _history.Add($"<- {happened}");
            foreach (Step step in _registration.Handle(happened))
            {
                _history.Add($"-> {step}");
                switch (step)
                {
                    case Step.Request request:
                        Ask(request);
                        break;
                    case Step.Announced announced:
                        _announced = announced.Name;
                        break;
                    case Step.Waiting:
                        _announced = null;
                        break;
                    case Step.GiveUp gaveUp:
                        Assert.Fail($"gave up: {gaveUp.Reason}");
                        break;
                }
            }

            return true;
        }

        private void Ask(Step.Request request)
        {
            _lastCommit = request.Method == AvahiMethod.Commit ? request.Call : _lastCommit;
            if (request.Avahi == _avahi)
            {
                _toAvahi.Enqueue(request);
            }
            else
            {
                Send(new AvahiEvent.Failed(request.Call, "org.freedesktop.DBus.Error.ServiceUnknown", "gone"));
            }
        }

        private bool Serve()
        {
            if (!_toAvahi.TryDequeue(out Step.Request? request))
            {
                return false;
            }

            switch (request.Method)
            {
                case AvahiMethod.GetState:
                    Send(new AvahiEvent.ServerStateChanged(_avahi, _server));
                    break;
                case AvahiMethod.EntryGroupNew:
                    string path = $"/EntryGroup{++_counter}";
                    _groups[path] = (GroupState.Uncommitted, null);
                    Send(new AvahiEvent.Answered(request.Call, path));
                    break;
                case AvahiMethod.GetAlternativeServiceName:
                    Send(new AvahiEvent.Answered(request.Call, $"{Name} #{++_counter}"));
                    break;
                case AvahiMethod.Free:
                    Assert.True(_groups.Remove(request.Path), "frees a group that is not there");
                    Send(new AvahiEvent.Answered(request.Call));
                    break;
                default:
                    ServeGroup(request, _groups[request.Path]);
                    break;
            }

            return true;
        }

        private void ServeGroup(Step.Request request, (GroupState State, string? Service) group)
        {
            switch (request.Method)
            {
                case AvahiMethod.AddService:
                    Assert.Equal((GroupState.Uncommitted, null), group);
                    if (_taken.Contains(request.Name))
                    {
                        Send(new AvahiEvent.Failed(request.Call, ServiceRegistration.CollisionError, "taken"));
                        return;
                    }

                    _groups[request.Path] = (GroupState.Uncommitted, request.Name);
                    break;
                case AvahiMethod.Commit:
                    Assert.NotNull(group.Service);
                    bool answersFirst = _random.Next(2) == 0;
                    if (answersFirst)
                    {
                        Send(new AvahiEvent.Answered(request.Call));
                    }

                    Change(request.Path, GroupState.Registering);
                    if (_random.Next(3) == 0)
                    {
                        Change(request.Path, GroupState.Established);
                    }

                    if (answersFirst)
                    {
                        return;
                    }

                    break;
                case AvahiMethod.Reset:
                    _groups[request.Path] = (GroupState.Uncommitted, null);
                    Send(new AvahiEvent.GroupStateChanged(_avahi, request.Path, GroupState.Uncommitted));
                    break;
            }

            Send(new AvahiEvent.Answered(request.Call));
        }

        private void Change(string path, GroupState state)
        {
            _groups[path] = _groups[path] with { State = state };
            Send(new AvahiEvent.GroupStateChanged(_avahi, path, state));
        }

        private void Send(AvahiEvent happened) => _toUs.Enqueue(happened);
    }
}
