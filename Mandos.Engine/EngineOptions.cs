using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Invitations;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine;

/// <summary>How the engine is to run.</summary>
public sealed record EngineOptions
{
    private readonly int? _maxConnectionsPerAddress;

    /// <summary>Whether to take up the saved run-time state; if not, it is forgotten.</summary>
    public bool Restore { get; init; } = true;

    /// <summary>Limit on simultaneous connections in all; at least 1. Default 50,000.</summary>
    public int MaxConnections { get; init; } = ProtocolLimits.DefaultMaxConnections;

    /// <summary>Limit on simultaneous connections from one address; at least 1. Default three quarters of <see cref="MaxConnections"/>.</summary>
    public int MaxConnectionsPerAddress
    {
        get => _maxConnectionsPerAddress ?? Math.Max(1, MaxConnections - (MaxConnections / ProtocolLimits.ReservedShare));
        init => _maxConnectionsPerAddress = value;
    }

    /// <summary>
    /// Limit on simultaneous connections that have proved to own the key of one client; at least 1. Past it the oldest of its most frequent
    /// source gives way. Default 8.
    /// </summary>
    public int MaxRequestsPerClient { get; init; } = ProtocolLimits.DefaultMaxRequestsPerClient;

    /// <summary>
    /// Reads the clients' configuration again for a reload; throws <see cref="ConfigurationException"/> if it has problems. The engine
    /// becomes the owner of the result. Null: there is nothing to reload.
    /// </summary>
    public Func<Task<ClientConfiguration>>? ReadClients { get; init; }

    /// <summary>
    /// Whether the configuration is what the start or <see cref="ReadClients"/> read last, so that a reload need not read it; called beside the
    /// engine loop. Null: that is not known.
    /// </summary>
    public Func<bool>? AreClientsSame { get; init; }

    /// <summary>
    /// Judges a client that a command is to add, as those of the configuration are judged beyond <see cref="ClientRules"/>; throws
    /// <see cref="ArgumentException"/>, with a line that says why, if it is not to be taken. Null: nobody does.
    /// </summary>
    public Func<ClientDefinition, Task>? JudgeClient { get; init; }

    /// <summary>
    /// Says what the configuration would make of sections that a person wants to add to it. Null: it has no files that could take them up.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, Task<Examination>>? Examine { get; init; }

    /// <summary>What invitations need. Null: nobody can be invited.</summary>
    public InvitationOptions? Invitations { get; init; }

    /// <summary>Keeps the server's own key. Null: there is no place for one, and no client can be added.</summary>
    public IServerKeyFile? ServerKey { get; init; }

    /// <summary>Where the records of connections are kept besides the log; stays the caller's. Null: nowhere.</summary>
    public IAuditLog? Audit { get; init; }

    /// <summary>Spreads the first checks after the start over their intervals.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>This server, as others know it that share its state store; null: made up, which is for a store that nobody shares.</summary>
    public ServerIdentity? Server { get; init; }

    /// <summary>Keeps what a server that is cut off from a shared store has to know of the clients that it serves then. Null: it knows none after a start.</summary>
    public ILastKnown? LastKnown { get; init; }

    /// <summary>
    /// Gives the time since the machine was started, with that in which it was suspended: the monotonic clock does not count that, but the other
    /// servers of a shared store go on. Null: it is never suspended.
    /// </summary>
    public Func<TimeSpan>? SinceBoot { get; init; }

    /// <summary>Calls a shared store beside the engine loop; for tests, null for the thread pool.</summary>
    internal Action<Action>? CallStore { get; init; }

    /// <summary>What has to agree before a secret is sent, after the audit where that is required.</summary>
    internal IReadOnlyList<IReleaseGate> Gates { get; init; } = [];

    /// <summary>The limits on connections, together.</summary>
    internal ConnectionLimits ConnectionLimits => new(MaxConnections, MaxConnectionsPerAddress, MaxRequestsPerClient);

    /// <summary>How late the loop may be before that is a gap; for tests, whose time passes in leaps.</summary>
    internal TimeSpan LongestDelay { get; init; } = DeadlineQueue.LongestDelay;
}
