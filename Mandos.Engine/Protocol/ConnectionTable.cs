using System.Net;
using Mandos.Engine.Auditing;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>All connections, with the limits on their number and on the time that each phase takes. Used on the engine loop alone.</summary>
/// <remarks>
/// Past a limit the oldest connection that has not authenticated gives way: a real client authenticates within milliseconds, so the oldest
/// is most likely one that never will. First one of the same address, so that one address cannot keep others out.
/// </remarks>
internal sealed partial class ConnectionTable(
    EngineClock clock, DeadlineQueue deadlines, int maxConnections, int maxConnectionsPerAddress, AuditTrail audit,
    ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly HashSet<Connection> _all = [];
    private readonly LinkedList<Connection> _unauthenticated = [];
    private readonly Dictionary<IPAddress, AddressEntry> _addresses = [];
    private TaskCompletionSource? _empty;

    public IReadOnlyCollection<Connection> All => _all;

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
        IPAddress address = peer.RemoteEndPoint.Address;
        if (!MakeRoom(address))
        {
            if (audit.TurnedAway(peer, AuditReason.TooManyConnections))
            {
                LogNoRoom(peer.RemoteEndPoint, _addresses.GetValueOrDefault(address)?.Count ?? 0, _all.Count);
            }

            peer.Dispose();
            return null;
        }

        if (!_addresses.TryGetValue(address, out AddressEntry? entry))
        {
            _addresses[address] = entry = new AddressEntry();
        }

        var connection = new Connection(peer, clock, state => CheckLimit((Connection)state));
        connection.Place = new UnauthenticatedPlace(_unauthenticated.AddLast(connection), entry.Unauthenticated.AddLast(connection));
        entry.Count++;
        _all.Add(connection);
        Watch(connection);
        return connection;
    }

    /// <summary>Notes that a peer has proved to own a key: it does not give way to others any more.</summary>
    public static void Authenticated(Connection connection)
    {
        if (connection.Place is { } place)
        {
            connection.Place = null;
            place.InAll.List?.Remove(place.InAll);
            place.OfAddress.List?.Remove(place.OfAddress);
        }
    }

    /// <summary>Applies the time limit of the phase that a connection is in now.</summary>
    public void Watch(Connection connection)
    {
        if (_all.Contains(connection) && connection.PhaseEnd is { } end)
        {
            deadlines.Schedule(connection.Limit, end);
        }
    }

    /// <summary>Lets a connection go; does nothing if it is gone.</summary>
    public void Leave(Connection connection)
    {
        if (!_all.Remove(connection))
        {
            return;
        }

        Authenticated(connection);
        deadlines.Cancel(connection.Limit);
        IPAddress address = connection.Peer.RemoteEndPoint.Address;
        AddressEntry entry = _addresses[address];
        if (--entry.Count == 0)
        {
            _addresses.Remove(address);
        }

        if (_all.Count == 0)
        {
            _empty?.TrySetResult();
        }
    }

    private bool MakeRoom(IPAddress address)
    {
        AddressEntry? entry = _addresses.GetValueOrDefault(address);
        if (entry?.Count >= maxConnectionsPerAddress)
        {
            return GiveWay(entry.Unauthenticated);
        }

        return _all.Count < maxConnections || (entry is not null && GiveWay(entry.Unauthenticated)) || GiveWay(_unauthenticated);
    }

    private bool GiveWay(LinkedList<Connection> connections)
    {
        if (connections.First is not { } oldest)
        {
            return false;
        }

        oldest.Value.Abort(AuditReason.GaveWay, "it had not authenticated, and gave way to a newer connection");
        Leave(oldest.Value);
        return true;
    }

    private void CheckLimit(Connection connection)
    {
        if (connection.PhaseEnd is { } end)
        {
            if (end > clock.Now)
            {
                deadlines.Schedule(connection.Limit, end);
            }
            else
            {
                connection.Abort(AuditReason.TimedOut, connection.Phase switch
                {
                    ConnectionPhase.FirstLine => "it did not send the protocol version in time",
                    ConnectionPhase.Handshake => "the TLS handshake took too long",
                    ConnectionPhase.Closing => "it did not close in time",
                    _ => "sending took too long",
                });
            }
        }
    }

    [LoggerMessage(1500, LogLevel.Warning,
        "Connection from {Peer} refused: {OfAddress} connections from its address and {Total} in all, none of which can give way")]
    private partial void LogNoRoom(IPEndPoint peer, int ofAddress, int total);

    private sealed class AddressEntry
    {
        public int Count { get; set; }

        public LinkedList<Connection> Unauthenticated { get; } = [];
    }
}
