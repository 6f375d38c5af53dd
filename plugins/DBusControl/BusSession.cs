using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Objects;
using Mandos.DBusControl.Signals;
using Mandos.DBusControl.Texts;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>One connection to the bus, from connecting to its end, and the objects that it offers there.</summary>
/// <remarks>
/// The table of clients, the waiting calls and the order of signals belong to the connection's thread; everything else reaches them
/// through <see cref="OnThreadAsync"/>.
/// </remarks>
internal sealed partial class BusSession : IAsyncDisposable
{
    private readonly IMandosServer _server;
    private readonly ObjectPaths _paths;
    private readonly BusConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly ClientTable _clients = new();
    private readonly SignalWriter _writer;
    private readonly EventSignals _signals;
    private readonly EventFlow _events;
    private readonly Callers _callers;
    private readonly CallQueue _calls;
    private readonly Backlog _backlog;
    private readonly StallWatch _stall;
    private Task _watch = Task.CompletedTask;
    private Exception? _fault;
    private bool _isStalled;

    /// <param name="server">The server to offer.</param>
    /// <param name="paths">The paths that clients have had so far; becomes the session's own.</param>
    /// <param name="address">The address of the bus.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public BusSession(IMandosServer server, ObjectPaths paths, string address, TimeProvider time, ILogger logger)
    {
        (_server, _paths, _time, _logger) = (server, paths, time, logger);
        _connection = new BusConnection(new BusOptions(address)
        {
            Name = "dbus-control",
            TimeProvider = time,
            Logger = logger,
            FlushTimeout = TimeSpan.FromSeconds(0.2),
        });
        _backlog = new Backlog(_connection, _ended.Token);
        _stall = new StallWatch(_backlog.OfOursAsync, time);
        _writer = new SignalWriter(_connection, _stall.Sent);
        _signals = new EventSignals(_paths, _clients, _writer);
        _events = new EventFlow(() => _writer.BytesSent, serverEvent => Tell(_signals.Tell, serverEvent));
        _callers = new Callers(_connection, _clients, time);
        _calls = new CallQueue(_connection.Post, _backlog, _events, time, logger, _ended.Token);
    }

    /// <summary>Whether everything was offered at some time.</summary>
    public bool HasServed { get; private set; }

    /// <summary>Runs until cancelled, or until there is no bus for us.</summary>
    /// <returns>Why there is none: it is away, refuses us, or is gone.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<BusException> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RunConnectedAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (BusException e)
        {
            return e;
        }
        catch (DBusExceptionBase e)
        {
            return Lost(e);
        }
    }

    private async Task<BusException> RunConnectedAsync(CancellationToken cancellationToken)
    {
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        using CancellationTokenRegistration stop = cancellationToken.Register(_ended.Cancel);
        Task<Exception?> lost = _connection.DisconnectedAsync();
        _watch = Task.WhenAll(EndAfterAsync(lost), EndWhenStalledAsync());
        try
        {
            await ServeAsync(_ended.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (_ended.IsCancellationRequested && e is not BusException)
        {
            // Only the end has to be told, not the outcome.
        }

        if (_isStalled)
        {
            return new BusException("the bus takes nothing more of what the server sends") { IsStall = true };
        }

        if (lost.IsCompleted || _fault is not null)
        {
            Exception? reason = _fault ?? await lost.ConfigureAwait(false);
            return Lost(reason);
        }

        await SayFarewellAsync().ConfigureAwait(false);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
        throw new OperationCanceledException(cancellationToken); // not reached: the delay ends by being cancelled
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _connection.RunInTurn(_calls.Drop);
        await _watch.ConfigureAwait(false);
        _ended.Dispose();
    }

    private static BusException Lost(Exception? reason) => new($"the connection was lost: {reason?.Message ?? "it was closed"}");

    private async Task EndAfterAsync(Task<Exception?> lost)
    {
        await lost.ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
    }

    private async Task EndWhenStalledAsync()
    {
        try
        {
            await _stall.RunAsync(_ended.Token).ConfigureAwait(false);
            _isStalled = true;
            await _ended.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or DBusConnectionClosedException)
        {
            // The end of the connection is told elsewhere.
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusConnectFailedException e)
        {
            throw new BusException(e.Message);
        }
    }

    /// <summary>Takes the names and serves until cancelled, or until the server ends the events.</summary>
    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        // Calls can come as soon as we have a name; they wait until the clients are known.
        var tree = new ObjectTree(
            new ServerObject(_server, _clients, _callers, cancellationToken),
            new ClientsNode(_clients),
            new ClientObject(_server, _clients, _callers, cancellationToken),
            _calls,
            _stall.Sent);
        _connection.AddHandler(Names.Root, below: true, tree.Handle);
        await TakeNameAsync(Names.Service, cancellationToken).ConfigureAwait(false);
        await TakeNameAsync(Names.OldService, cancellationToken).ConfigureAwait(false);
        bool goesOn = true;
        while (goesOn)
        {
            using ServerSubscription subscription = await _server.SubscribeAsync(cancellationToken).ConfigureAwait(false);
            await BringUpToDateAsync(subscription, cancellationToken).ConfigureAwait(false);
            if (!HasServed)
            {
                HasServed = true;
                LogServing(Names.Service, subscription.Clients.Count);
            }

            goesOn = await FollowAsync(subscription.Events, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TakeNameAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (await _connection.TryTakeNameAsync(name, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await WakeOwnerAsync(name, cancellationToken).ConfigureAwait(false);
            if (!await _connection.TryTakeNameAsync(name, cancellationToken).ConfigureAwait(false))
            {
                throw new BusException($"another program has the name {name}: probably another Mandos server runs") { IsRefusal = true };
            }
        }
        catch (DBusErrorReplyException e)
        {
            throw new BusException($"the bus refuses the name {name}: {e.ErrorMessage}") { IsRefusal = true };
        }
    }

    /// <summary>
    /// Sends something to the owner of a name. If that is an old connection of the server from which the bus has not read for a while, it notices by
    /// this alone that the connection is gone.
    /// </summary>
    private async Task WakeOwnerAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.CallAsync(ComposePing(name), cancellationToken)
                .WaitAsync(DBusLimits.OwnerTime, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DBusErrorReplyException or TimeoutException)
        {
            // It is gone, or does not like it.
        }
    }

    private MessageBuffer ComposePing(string name)
    {
        using MessageWriter writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(name, Names.Root, Names.Peer, "Ping", null, MessageFlags.NoAutoStart);
        return writer.CreateMessage();
    }

    /// <summary>Makes the table equal to the clients of a new subscription, with signals for what is different, and serves it.</summary>
    private async Task BringUpToDateAsync(ServerSubscription subscription, CancellationToken cancellationToken)
    {
        IReadOnlyList<ClientSnapshot> clients = subscription.Clients;
        Task released = Task.CompletedTask;
        await OnThreadAsync(
            () =>
            {
                _calls.Close();
                released = _events.Released;
            },
            cancellationToken).ConfigureAwait(false);
        await released.WaitAsync(cancellationToken).ConfigureAwait(false);
        await OnThreadAsync(
            () =>
            {
                HashSet<string> present = clients.Select(static client => client.Name).ToHashSet(StringComparer.Ordinal);
                _paths.ReleaseAllBut(present);
                foreach ((string path, ClientSnapshot client) in _clients.All.Where(known => !present.Contains(known.Value.Name)).ToArray())
                {
                    Tell(gone => _signals.Remove(path, gone), client);
                }
            },
            cancellationToken).ConfigureAwait(false);
        await InBatchesAsync(clients, client => _signals.BringUpToDate(client), cancellationToken).ConfigureAwait(false);
        await OnThreadAsync(
            () =>
            {
                _events.Follow(subscription.Events);
                _calls.Open();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Turns events into signals.</summary>
    /// <returns>False once the server has ended them; true if events were lost, and a new subscription is needed.</returns>
    private async Task<bool> FollowAsync(ChannelReader<ServerEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            while (await events.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                bool more = false;
                Task released = Task.CompletedTask;
                await OnThreadAsync(() => (more, released) = (_events.TellSome(), _events.Released), cancellationToken).ConfigureAwait(false);
                await released.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (more)
                {
                    await _backlog.KeepUpAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return false;
        }
        catch (SubscriptionOverflowException e)
        {
            LogOverflow(e.Message);
            return true;
        }
    }

    /// <summary>Sends something to the bus. If that fails, listeners miss it, and the server goes on.</summary>
    private void Tell<T>(Action<T> tell, T what)
    {
        try
        {
            tell(what);
        }
        catch (DBusConnectionClosedException e)
        {
            _fault ??= e;
            _ = _ended.CancelAsync();
        }
        catch (DBusExceptionBase e)
        {
            LogUntold(e.Message);
        }
    }

    /// <summary>Tells the bus that all clients are gone, and gives up the names, unless it takes too long.</summary>
    private async Task SayFarewellAsync()
    {
        using var limit = new CancellationTokenSource(DBusLimits.FarewellTime, _time);
        try
        {
            KeyValuePair<string, ClientSnapshot>[] clients = [];
            await OnThreadAsync(
                () =>
                {
                    _events.TryCatchUp();
                    _calls.Close();
                    _events.Follow(null);
                    clients = [.. _clients.All];
                },
                limit.Token).ConfigureAwait(false);
            await InBatchesAsync(clients, client => _signals.Remove(client.Key, client.Value), limit.Token).ConfigureAwait(false);
            await _connection.ReleaseNameAsync(Names.Service, limit.Token).ConfigureAwait(false);
            await _connection.ReleaseNameAsync(Names.OldService, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The bus sees the names go when the connection is closed.
        }
        catch (DBusExceptionBase)
        {
            // The bus is gone: nobody is left to tell.
        }
    }

    private async Task InBatchesAsync<T>(IReadOnlyList<T> items, Action<T> tell, CancellationToken cancellationToken)
    {
        int next = 0;
        while (next < items.Count)
        {
            await OnThreadAsync(
                () =>
                {
                    int end = Math.Min(next + DBusLimits.EventsAtATime, items.Count);
                    long endBytes = _writer.BytesSent + DBusLimits.SignalBytesAtATime;
                    while (next < end && _writer.BytesSent < endBytes)
                    {
                        Tell(tell, items[next++]);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            if (next < items.Count)
            {
                await _backlog.KeepUpAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Runs something on the connection's thread.</summary>
    private async Task OnThreadAsync(Action action, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = _connection.Post(
            () =>
            {
                try
                {
                    action();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    // It is thrown where it is awaited
                    done.SetException(e);
                }
            });
        if (!posted)
        {
            throw new DBusConnectionClosedException("the connection is closed");
        }

        await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
