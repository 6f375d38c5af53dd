using System.Net.Sockets;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.AvahiAnnouncer.Registration;
using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.AvahiAnnouncer;

/// <summary>
/// Announces a service over one connection to the bus: carries out the steps of a <see cref="ServiceRegistration"/> and tells it
/// what comes of them, on the connection's thread, where everything arrives in the order of the bus.
/// </summary>
/// <param name="connection">A connection that is open. It belongs to the caller.</param>
/// <param name="service">What to announce.</param>
/// <param name="registration">Decides. From now on it is touched on the connection's thread only.</param>
/// <param name="notify">Is told what comes of it, on the connection's thread: all steps, but of requests that for <see cref="AvahiMethod.Commit"/> alone.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AvahiSession(
    BusConnection connection, ServiceDescription service, ServiceRegistration registration, Action<Step> notify,
    TimeProvider timeProvider)
{
    private const string BusInterface = "org.freedesktop.DBus";
    private const string AvahiName = "org.freedesktop.Avahi";
    private const string ServerInterface = AvahiName + ".Server";
    private const string GroupInterface = AvahiName + ".EntryGroup";
    private const string StateChanged = "StateChanged";

    // Avahi's constants.
    private const int AnyInterface = -1;
    private const int ProtocolIPv4 = 0;
    private const int ProtocolIPv6 = 1;
    private const uint NoFlags = 0;
    private const int AnyProtocol = -1;
    private const uint NoTextNorAddress = 4 | 8;
    private const string TimeoutError = AvahiName + ".TimeoutError";
    private const string DefaultDomain = "";
    private const string DefaultHost = "";

    /// <summary>After the announcement, Avahi is asked whether it can be found.</summary>
    private static readonly TimeSpan _firstLook = TimeSpan.FromSeconds(1);

    /// <summary>And again, while it cannot.</summary>
    private static readonly TimeSpan _nextLook = TimeSpan.FromMinutes(1);

    private static readonly Backoff _registrationTimes = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _lastCall = Task.CompletedTask;
    private CancellationToken _ended;
    private string _avahi = "";

    /// <summary>Counts changes of the announcement: a search for the service stops when the count is another one.</summary>
    private int _changes;

    /// <summary>How long Avahi may take to make sure of the name: some times what it needs on a network where all is well, a second.</summary>
    private TimeSpan _registrationTime = _registrationTimes.Shortest;

    /// <summary>Announces until cancelled, or until a new connection is needed.</summary>
    /// <exception cref="DBusExceptionBase">A new connection is needed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the announcement still stands.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _ended = cancellationToken;
        // All of these before Avahi is looked for, so that nothing is missed that it says from then on.
        await WatchAsync(
            BusInterface, BusInterface, "NameOwnerChanged", "sss", ReadOwner, cancellationToken, AvahiName).ConfigureAwait(false);
        await WatchAsync(AvahiName, ServerInterface, StateChanged, "is", ReadServerState, cancellationToken).ConfigureAwait(false);
        await WatchAsync(AvahiName, GroupInterface, StateChanged, "is", ReadGroupState, cancellationToken).ConfigureAwait(false);
        connection.Post(FindAvahi);

        Task<Exception?> disconnected = connection.DisconnectedAsync();
        await Task.WhenAny(_failed.Task, disconnected).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_failed.Task.IsCompleted)
        {
            await _failed.Task.ConfigureAwait(false);
        }

        Exception? reason = await disconnected.ConfigureAwait(false);
        throw new DBusConnectionClosedException($"the connection to the bus was lost: {reason?.Message ?? "it was closed"}", reason!);
    }

    /// <summary>Withdraws the service in order. The end of the connection would do it too.</summary>
    /// <returns>Done when Avahi has answered, or is known not to.</returns>
    public async Task WithdrawAsync()
    {
        var asked = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (connection.Post(() => asked.SetResult(Withdraw())))
        {
            await (await asked.Task.ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private Task Withdraw()
    {
        _lastCall = Task.CompletedTask; // an older one is not waited for
        Handle(new AvahiEvent.Stopping());
        return _lastCall;
    }

    private async Task WatchAsync(
        string sender, string fromInterface, string member, string signature, Func<Message, AvahiEvent?> read,
        CancellationToken cancellationToken, string? argument = null)
    {
        // Matching the sender keeps broadcasts of others away, however many and large; the owner still checks messages that are sent only to us.
        var rule = new MatchRule
        {
            Type = MessageType.Signal, Sender = sender, Interface = fromInterface, Member = member, Arg0 = argument,
        };
        await connection.AddMatchAsync(
            rule,
            message =>
            {
                if (message.SignatureAsString == signature && read(message) is { } happened)
                {
                    Handle(happened);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static AvahiEvent.OwnerChanged? ReadOwner(Message message)
    {
        if (message.SenderAsString != BusInterface)
        {
            return null;
        }

        Reader body = message.GetBodyReader();
        string name = body.ReadString();
        _ = body.ReadString(); // the old owner
        string owner = body.ReadString();
        return name == AvahiName ? new(owner.Length == 0 ? null : owner) : null;
    }

    private static AvahiEvent.ServerStateChanged? ReadServerState(Message message)
        => message.PathAsString == ServiceRegistration.ServerPath
            ? new(message.SenderAsString, (ServerState)message.GetBodyReader().ReadInt32())
            : null;

    private static AvahiEvent.GroupStateChanged ReadGroupState(Message message)
    {
        Reader body = message.GetBodyReader();
        return new(message.SenderAsString, message.PathAsString, (GroupState)body.ReadInt32(), body.ReadString());
    }

    /// <summary>Asks who Avahi is, without having it started.</summary>
    private void FindAvahi()
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(BusInterface, "/org/freedesktop/DBus", BusInterface, "GetNameOwner", "s");
        writer.WriteString(AvahiName);
        Call(
            writer.CreateMessage(),
            answer => new AvahiEvent.OwnerChanged(ReadAnswer(answer, "s").ReadString()),
            failure => failure.ErrorName == BusErrors.NameHasNoOwner ? new AvahiEvent.NotFound() : null);
    }

    private void Handle(AvahiEvent happened)
    {
        foreach (Step step in registration.Handle(happened))
        {
            if (step is Step.Request request)
            {
                Call(
                    Compose(request),
                    answer => ReadAnswer(request, answer),
                    failure => new AvahiEvent.Failed(request.Call, failure.ErrorName, failure.ErrorMessage));
                if (request.Method == AvahiMethod.Commit)
                {
                    _avahi = request.Avahi;
                    notify(request);
                    _ = LimitAsync(request.Call, _registrationTime);
                }
            }
            else
            {
                notify(step);
                _changes++;
                if (step is Step.Announced announced)
                {
                    _ = LookAsync(_avahi, announced.Name, _changes);
                }

                _registrationTime = step switch
                {
                    Step.Announced => _registrationTimes.Shortest,
                    Step.Retried => _registrationTimes.After(_registrationTime),
                    _ => _registrationTime,
                };
                if (step is Step.GiveUp gaveUp)
                {
                    _failed.TrySetException(new DBusExceptionBase(gaveUp.Reason));
                }
            }
        }
    }

    /// <summary>Tells when a call of Commit has had its time.</summary>
    private async Task LimitAsync(int call, TimeSpan limit)
    {
        await Task.Delay(limit, timeProvider, _ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        connection.Post(() => Handle(new AvahiEvent.Overdue(call)));
    }

    /// <summary>
    /// Looks whether what is announced can be found, until it can. Avahi says “established” too where it has no interface to announce on,
    /// for example without IPv6.
    /// </summary>
    private async Task LookAsync(string avahi, string name, int change)
    {
        bool wasHidden = false;
        for (TimeSpan pause = _firstLook; ; pause = _nextLook)
        {
            await Task.Delay(pause, timeProvider, _ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Volatile.Read(ref _changes) != change || _ended.IsCancellationRequested
                || await CanBeFoundAsync(avahi, name).ConfigureAwait(false) is not { } isFound)
            {
                return;
            }

            if (isFound == wasHidden)
            {
                Step step = isFound ? new Step.Found(name) : new Step.Hidden(name);
                connection.Post(() =>
                {
                    if (_changes == change)
                    {
                        notify(step);
                    }
                });
            }

            if (isFound)
            {
                return;
            }

            wasHidden = true;
        }
    }

    /// <summary>Has Avahi look for the service.</summary>
    /// <returns>Whether it is there; null if Avahi does not tell.</returns>
    private async Task<bool?> CanBeFoundAsync(string avahi, string name)
    {
        try
        {
            await connection.CallAsync(ComposeResolve(avahi, name), _ended).ConfigureAwait(false);
            return true;
        }
        catch (DBusErrorReplyException e) when (e.ErrorName == TimeoutError)
        {
            return false;
        }
        catch (Exception e) when (e is DBusExceptionBase or OperationCanceledException)
        {
            return null;
        }
    }

    private MessageBuffer ComposeResolve(string avahi, string name)
    {
        using MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(
            avahi, ServiceRegistration.ServerPath, ServerInterface, "ResolveService", "iisssiu", MessageFlags.NoAutoStart);
        writer.WriteInt32(service.InterfaceIndex ?? AnyInterface);
        writer.WriteInt32(Protocol);
        writer.WriteString(name);
        writer.WriteString(service.Type);
        writer.WriteString(DefaultDomain);
        writer.WriteInt32(AnyProtocol);
        writer.WriteUInt32(NoTextNorAddress);
        return writer.CreateMessage();
    }

    private int Protocol => service.AddressFamily == AddressFamily.InterNetworkV6 ? ProtocolIPv6 : ProtocolIPv4;

    private MessageBuffer Compose(Step.Request request)
    {
        (string to, string signature) = request.Method switch
        {
            AvahiMethod.GetState or AvahiMethod.EntryGroupNew => (ServerInterface, ""),
            AvahiMethod.GetAlternativeServiceName => (ServerInterface, "s"),
            AvahiMethod.AddService => (GroupInterface, "iiussssqaay"),
            _ => (GroupInterface, ""),
        };
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(
            request.Avahi, request.Path, to, request.Method.ToString(), signature, MessageFlags.NoAutoStart);
        if (request.Method == AvahiMethod.GetAlternativeServiceName)
        {
            writer.WriteString(request.Name);
        }
        else if (request.Method == AvahiMethod.AddService)
        {
            writer.WriteInt32(service.InterfaceIndex ?? AnyInterface);
            writer.WriteInt32(Protocol);
            writer.WriteUInt32(NoFlags);
            writer.WriteString(request.Name);
            writer.WriteString(service.Type);
            writer.WriteString(DefaultDomain);
            writer.WriteString(DefaultHost);
            writer.WriteUInt16((ushort)service.Port);
            writer.WriteArrayEnd(writer.WriteArrayStart(DBusType.Array)); // no TXT records
        }

        return writer.CreateMessage();
    }

    private static AvahiEvent ReadAnswer(Step.Request request, Message answer) => request.Method switch
    {
        AvahiMethod.GetState
            => new AvahiEvent.ServerStateChanged(request.Avahi, (ServerState)ReadAnswer(answer, "i").ReadInt32()),
        AvahiMethod.EntryGroupNew => new AvahiEvent.Answered(request.Call, ReadAnswer(answer, "o").ReadObjectPathAsString()),
        AvahiMethod.GetAlternativeServiceName => new AvahiEvent.Answered(request.Call, ReadAnswer(answer, "s").ReadString()),
        _ => new AvahiEvent.Answered(request.Call),
    };

    private static Reader ReadAnswer(Message answer, string signature) => answer.SignatureAsString == signature
        ? answer.GetBodyReader()
        : throw new DBusReadException($"the answer has the types “{answer.SignatureAsString}” rather than “{signature}”");

    /// <summary>Calls a method, and handles the outcome.</summary>
    private void Call(MessageBuffer call, Func<Message, AvahiEvent> read, Func<DBusErrorReplyException, AvahiEvent?> readFailure)
    {
        // Handled while the answer is read, not after it, so that signals do not overtake it.
        Task<bool> answered = connection.CallAsync(
            call,
            message =>
            {
                Handle(read(message));
                return true;
            });
        _lastCall = FollowAsync(answered, readFailure);
    }

    private async Task FollowAsync(Task answered, Func<DBusErrorReplyException, AvahiEvent?> readFailure)
    {
        try
        {
            await answered.ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (readFailure(e) is { } failure)
        {
            connection.Post(() => Handle(failure));
        }
        catch (DBusConnectionClosedException)
        {
            // RunAsync sees that too.
        }
        catch (Exception e)
        {
            // Whatever it is, it is no reason to stay silent: the session ends with it
            _failed.TrySetException(e as DBusExceptionBase ?? new DBusExceptionBase(e.Message, e));
        }
    }
}
