using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>All connections, with the limits on their number and on the time that each phase takes. Used on the engine loop alone.</summary>
/// <remarks>
/// A connection that was refused gives way before all others. Past a limit, a connection that has not authenticated gives way: one of the network
/// with the most of these, within that of the subnet and the address with the most, so nobody can keep others out. There it is the oldest one: a real
/// client authenticates within milliseconds, so the oldest is most likely one that never will.
/// </remarks>
internal sealed partial class ConnectionTable(EngineServices services, ConnectionLimits limits, AuditTrail audit)
{
    private readonly ILogger _logger = services.Logger;
    private readonly HashSet<Connection> _all = [];
    private readonly SourceTree _sources = new();
    private readonly LinkedList<Connection> _refused = [];
    private readonly ClientConnections _clients = new(limits.PerClient);
    private TaskCompletionSource? _empty;

    /// <summary>For the log: the server is too busy for a connection.</summary>
    public static string OverloadedText { get; } =
        $"it waited {ProtocolLimits.AnswerTime.TotalSeconds} s for its turn, so that its client may ask another server";

    public IReadOnlyCollection<Connection> All => _all;

    /// <summary>How many there are in each phase. For any thread.</summary>
    public PhaseCounts Counts { get; } = new();

    /// <summary>Ends once there are no connections any more.</summary>
    public Task WhenEmptyAsync()
    {
        if (_all.Count == 0)
        {
            return Task.CompletedTask;
        }

        _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _empty.Task;
    }

    /// <summary>Takes a connection in.</summary>
    /// <returns>Null if there is no room for it; it is closed then.</returns>
    public Connection? Admit(IPeerConnection peer)
    {
        var connection = new Connection(peer, services.Clock, Counts, state => CheckLimit((Connection)state));
        PeerSource limited = PeerSource.Limited(connection.Sources);
        if (!MakeRoom(limited))
        {
            if (audit.TurnedAway(peer, Outcome.TooManyConnections))
            {
                LogNoRoom(peer.RemoteEndPoint, _sources.Count(limited), _all.Count);
            }

            peer.Dispose();
            return null;
        }

        _sources.Add(connection);
        _all.Add(connection);
        connection.Count();
        Watch(connection);
        return connection;
    }

    /// <summary>
    /// Notes that a peer has proved to own the key of a client that may get its secret: it does not give way any more, but to others of that
    /// client.
    /// </summary>
    /// <returns>One that has to give way now, as the client has too many; null for none.</returns>
    public Connection? Authenticated(Connection connection)
    {
        _sources.Keep(connection);
        return _clients.Add(connection);
    }

    /// <summary>Notes that a peer is told that it gets nothing. Its place is free for others, even if it does not close.</summary>
    public void Refused(Connection connection)
    {
        if (_all.Contains(connection))
        {
            _clients.Remove(connection);
            _sources.GiveWayFirst(connection);
            connection.Refused ??= _refused.AddLast(connection);
            Watch(connection);
        }
    }

    /// <summary>Ends a connection in favour of another one.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="text">Why, for the log.</param>
    public void GiveWay(Connection connection, string text)
    {
        connection.Abort(Outcome.GaveWay, text);
        Leave(connection);
    }

    /// <summary>Applies the time limit of the phase that a connection is in now.</summary>
    public void Watch(Connection connection)
    {
        if (_all.Contains(connection) && connection.PhaseEnd is { } end)
        {
            services.Deadlines.Schedule(connection.Limit, end);
        }
    }

    /// <summary>Lets a connection go; does nothing if it is gone.</summary>
    public void Leave(Connection connection)
    {
        if (!_all.Remove(connection))
        {
            return;
        }

        connection.Leave();
        _sources.Remove(connection);
        _clients.Remove(connection);
        if (connection.Refused is { } refused)
        {
            connection.Refused = null;
            _refused.Remove(refused);
        }

        services.Deadlines.Cancel(connection.Limit);
        if (_all.Count == 0)
        {
            _empty?.TrySetResult();
        }
    }

    private bool MakeRoom(PeerSource limited)
        => _sources.Count(limited) >= limits.PerAddress ? GiveWay(_sources.First(limited))
            : _all.Count < limits.Total || GiveWay(_refused.First?.Value ?? _sources.First());

    private bool GiveWay(Connection? first)
    {
        if (first is null)
        {
            return false;
        }

        GiveWay(first, "it had not authenticated, and gave way to a newer connection");
        return true;
    }

    private void CheckLimit(Connection connection)
    {
        if (connection.PhaseEnd is { } end)
        {
            if (end > services.Clock.Now)
            {
                services.Deadlines.Schedule(connection.Limit, end);
            }
            else
            {
                Outcome reason = connection.Phase == ConnectionPhase.Queued ? Outcome.Overloaded : Outcome.TimedOut;
                connection.Abort(reason, connection.Phase switch
                {
                    ConnectionPhase.Queued => OverloadedText,
                    ConnectionPhase.FirstLine => "it did not send the protocol version in time",
                    ConnectionPhase.Handshake => "the TLS handshake took too long",
                    ConnectionPhase.Closing or ConnectionPhase.Refused => "it did not close in time",
                    _ => "sending took too long",
                });
            }
        }
    }
}
