using Mandos.Engine.Clients;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Auditing;
using Mandos.Engine.Invitations;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Protocol;

/// <summary>Takes connections, has each served, and closes all of them in the end.</summary>
internal sealed class ConnectionServer : IDisposable
{
    private readonly EngineServices _services;
    private readonly ApprovalDesk _approvals;
    private readonly AuditTrail _audit;
    private readonly ConnectionHandler _handler;

    /// <param name="services">What the engine shares.</param>
    /// <param name="limits">How many connections there may be.</param>
    /// <param name="approvals">Decides who gets a secret.</param>
    /// <param name="tls">Makes the handshakes.</param>
    /// <param name="audit">The audit log; null for none.</param>
    /// <param name="gates">What has to agree before a secret is sent, after the audit.</param>
    /// <param name="invitations">The invitations; null where nobody can be invited.</param>
    public ConnectionServer(
        EngineServices services, ConnectionLimits limits, ApprovalDesk approvals, ITlsHandshaker tls, IAuditLog? audit,
        IReadOnlyList<IReleaseGate> gates, InvitationBook? invitations = null)
    {
        (_services, _approvals) = (services, approvals);
        _audit = new AuditTrail(services, audit)
        {
            OnRehearsed = (request, outcome) => services.Loop.Post(() => approvals.Rehearsed(request, outcome)),
        };
        Table = new ConnectionTable(services, limits, _audit);
        services.Meter.ObserveConnections(Table.Counts.Read);
        Turns = new HandshakeTurns(services.Clock, ProtocolLimits.ConcurrentTurns);
        var allGates = new ReleaseGates(services, [.. _audit.IsRequired ? [new AuditGate(_audit)] : Array.Empty<IReleaseGate>(), .. gates]);
        _handler = new ConnectionHandler(services, Table, Turns, approvals, allGates, _audit, tls, invitations);
    }

    /// <summary>Whether any client may get its secret now; null: always.</summary>
    public Func<bool>? IsServing { get; set; }

    /// <summary>The connections. Used on the engine loop alone.</summary>
    public ConnectionTable Table { get; }

    /// <summary>The turns in which handshakes compute.</summary>
    public HandshakeTurns Turns { get; }

    /// <summary>Serves a connection until it ends. Returns at once. Thread-safe.</summary>
    public void Serve(IPeerConnection peer)
    {
        if (!_services.Loop.TryPost(() => Admit(peer)))
        {
            TurnAway(peer);
        }
    }

    /// <summary>Closes all connections, and each that is still to come. Called on the engine loop.</summary>
    public void CloseAll()
    {
        _services.BeginStop();
        _approvals.AbandonAll();
        foreach (Connection connection in Table.All)
        {
            connection.Abort(Outcome.ServerStopping, "the server stops");
        }
    }

    /// <summary>Ends once there are no connections any more. Called on the engine loop.</summary>
    public Task WhenEmptyAsync() => Table.WhenEmptyAsync();

    /// <summary>Breaks off all secrets that are on their way. Called on the engine loop.</summary>
    /// <param name="why">Why, for the log and the audit.</param>
    /// <param name="which">Which of them; null for all.</param>
    public void AbortSends(string why, Predicate<OpenRequest>? which = null)
    {
        foreach (Connection connection in Table.All.Where(
            connection => connection.Request is { IsBeingSent: true } request && which?.Invoke(request) != false))
        {
            connection.Request!.Abort(why);
        }
    }

    /// <summary>Closes all connections because this server is cut off from its store: their clients are to ask the next server. Called on the engine loop.</summary>
    public void CloseCutOff()
    {
        foreach (Connection connection in Table.All)
        {
            if (connection.Request is { } request)
            {
                _approvals.Abandon(request, Outcome.CutOff);
            }

            connection.Abort(Outcome.CutOff, "this server is cut off from its store");
        }
    }

    /// <summary>Has the audit tell of all that it only counted.</summary>
    public void FlushAudit() => _audit.Flush();

    /// <inheritdoc/>
    public void Dispose() => _audit.Dispose();

    private void Admit(IPeerConnection peer)
    {
        if (_services.IsStopping)
        {
            TurnAway(peer);
        }
        else if (IsServing?.Invoke() == false)
        {
            TurnAway(peer, Outcome.CutOff); // at once: it is to ask the next server
        }
        else if (Table.Admit(peer) is { } connection)
        {
            _ = Task.Run(() => _handler.ServeAsync(connection));
        }
    }

    private void TurnAway(IPeerConnection peer, Outcome why = Outcome.ServerStopping)
    {
        _audit.TurnedAway(peer, why);
        peer.Dispose();
    }
}
