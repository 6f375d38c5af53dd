using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Auditing;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Commands;
using Mandos.Engine.Control;
using Mandos.Engine.Invitations;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Sharing;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine;

/// <summary>The parts of an engine, put together. All of them are used on the engine loop alone, unless they say otherwise.</summary>
internal sealed class EngineParts : IDisposable
{
    /// <inheritdoc cref="MandosEngine(EngineOptions, ITlsHandshaker, IStateStore, IReadOnlyDictionary{string, IChecker}, TimeProvider, ILogger)"/>
    public EngineParts(
        EngineOptions options, ITlsHandshaker tls, IStateStore store, IReadOnlyDictionary<string, IChecker> checkers,
        TimeProvider timeProvider, ILogger logger)
    {
        Services = new EngineServices(timeProvider, logger, options.LongestDelay);
        Shared = store is ISharedStateStore shared
            ? new SharedState(
                Services, shared, options.Server ?? throw new ArgumentException("a server that shares its state has to have an identity", nameof(options)),
                options.CallStore, options.SinceBoot, options.LastKnown, options.ReadClients)
            : null;
        Keeper = Shared is null ? new StateKeeper(Services, store) : Shared.Keeper;
        var kept = new KeptClients(Keeper, Services.Clock);
        var journal = new ClientJournal(Events, Keeper, Clients.Counts);
        var requests = new RequestTransitions(Services, Clients, journal);
        AddedSecrets = new AddedSecrets(options.ServerKey);
        Transitions = new ClientTransitions(Services, Clients, journal, requests, AddedSecrets, options.Random);
        Checks = new CheckRunner(Services, Transitions, checkers);
        Probes = new ProbeRunner(Services, Checks);
        var anomalies = new AnomalyWatch(Services, requests, Probes, options.Audit);
        Approvals = new ApprovalDesk(Services, Clients, Transitions, requests, anomalies, Events);
        Loader = new ClientLoader(Services, Clients, Keeper, kept, Transitions, requests, AddedSecrets, Checks);
        AddedRetry = new AddedRetry(Services, AddedSecrets, Loader);
        Reloader = Shared is null
            ? new Reloader(Services, Clients, Keeper, kept, Transitions, Checks, Loader, options.ReadClients, options.AreClientsSame)
            : new Reloader(Services, Clients, Keeper, kept, Transitions, Checks, Loader, Shared.ReadClientsAsync); // which sees to more than the files
        var adder = new ClientAdder(Services, kept, Loader, AddedSecrets, options.JudgeClient, isShared: Shared is not null);
        var examiner = new ClientExaminer(Services, Clients, kept, options.Examine);
        var audit = new CommandAudit(Services.Clock, options.Audit, logger);
        Invitations = options.Invitations is { } invitations
            ? new InvitationBook(Services, invitations, Clients, examiner.ExamineAsync, audit, Events)
            : null;
        Commands = new ClientCommands(Services, Clients, Events, Keeper, kept, Transitions, Checks, Approvals, Reloader, adder, examiner, audit)
        {
            Invitations = Invitations,
            Group = Shared is null ? null : () => Shared.Group,
        };
        Connections = new ConnectionServer(
            Services, options.ConnectionLimits, Approvals, tls, options.Audit, Shared is null ? options.Gates : [.. options.Gates, Shared.Gate], Invitations);
        Services.Meter.ObserveChecks(Checks.Counts.Read);
        Services.Meter.ObserveClients(Clients.Counts.States);
        Services.Meter.ObserveExpiring(() => Clients.Counts.Expiring(Services.Clock.Now));
        Services.Meter.ObserveExpectedReboots(() => Clients.Counts.ExpectedReboots);
        if (Shared is null)
        {
            Services.Meter.ObserveUnproven(() => Clients.Counts.Unproven);
            Services.Meter.ObserveRotations(() => Clients.Counts.Rotations);
        }

        Services.Meter.ObserveApprovals(() => requests.WaitingForPerson);
        Services.Meter.ObserveAnomalies(() => anomalies.Counts);
        Services.Meter.ObserveUnknownKeys(() => Approvals.Unknown.Count);
        if (Invitations is { } book)
        {
            Services.Meter.ObserveInvitations(() => book.Counts);
        }

        Shared?.Connect(Clients, kept, Transitions, requests, Checks, Approvals, Connections, Reloader);
    }

    public EngineServices Services { get; }

    public ClientRegistry Clients { get; } = new();

    public EventHub Events { get; } = new();

    public IStateKeeper Keeper { get; }

    public AddedSecrets AddedSecrets { get; }

    /// <summary>What makes it one of several servers; null if it shares its state with none.</summary>
    public SharedState? Shared { get; }

    public ClientTransitions Transitions { get; }

    public CheckRunner Checks { get; }

    public ProbeRunner Probes { get; }

    public ApprovalDesk Approvals { get; }

    public ClientLoader Loader { get; }

    public Reloader Reloader { get; }

    public AddedRetry AddedRetry { get; }

    /// <summary>Invitations of machines; null where nobody can be invited.</summary>
    public InvitationBook? Invitations { get; }

    public ClientCommands Commands { get; }

    public ConnectionServer Connections { get; }

    /// <summary>Ends the timers and zeroes the secrets. Nothing may run any more.</summary>
    public void Dispose()
    {
        Shared?.Dispose();
        Services.Dispose();
        Keeper.Dispose();
        Connections.Dispose();
        Invitations?.Dispose();
        Clients.Dispose();
        AddedSecrets.Dispose();
    }
}
