using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.WebControl.History;

/// <summary>Remembers some of what happened since the surface began, for people who look at it later. Thread-safe; of bounded memory.</summary>
/// <param name="server">The server.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerWatch(IMandosServer server, TimeProvider time)
{
    /// <summary>How many decisions are kept.</summary>
    public const int MostDecisions = 500;

    /// <summary>How many moments of a client are kept.</summary>
    public const int MostMoments = 60;

    /// <summary>Of how many clients moments are kept: at most 6 MB. Those of which something happens first.</summary>
    private const int MostClients = 10_000;

    /// <summary>How many verdicts that were given here wait for what becomes of them.</summary>
    private const int MostVerdicts = 1_000;

    private readonly Lock _lock = new();
    private readonly Queue<Decision> _decisions = new();
    private readonly Dictionary<long, Queue<Moment>> _moments = [];
    private readonly Dictionary<long, string> _verdicts = [];

    /// <summary>The last decisions, the latest first.</summary>
    public IReadOnlyList<Decision> Decisions
    {
        get
        {
            lock (_lock)
            {
                return [.. _decisions.Reverse()];
            }
        }
    }

    /// <summary>Since when things are remembered, UTC.</summary>
    public DateTimeOffset Since { get; } = time.GetUtcNow();

    /// <summary>The last moments of a client, the earliest first.</summary>
    public IReadOnlyList<Moment> MomentsOf(ClientSnapshot client)
    {
        lock (_lock)
        {
            return _moments.TryGetValue(client.Id, out Queue<Moment>? found) ? [.. found] : [];
        }
    }

    /// <summary>Decides requests, and remembers who did, so that it is known when that shows. Who tries and fails has decided nothing.</summary>
    /// <param name="requestIds">The requests.</param>
    /// <param name="user">Who decides.</param>
    /// <param name="decide">Decides.</param>
    public async Task<CommandResult> DecideAsync(IEnumerable<long> requestIds, string? user, Func<Task<CommandResult>> decide)
    {
        // Before it is done: then its event may be here already. Whoever came first has it.
        long[] noted = [.. requestIds.Where(id => TryNote(id, user ?? "somebody"))];
        try
        {
            return await decide().ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
            {
                Array.ForEach(noted, id => _verdicts.Remove(id));
            }

            throw;
        }
    }

    /// <summary>Follows the server until cancelled, and throws then; or if the server fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool isBehind = true;
        while (isBehind)
        {
            isBehind = false;
            try
            {
                using ServerSubscription subscription = await server.SubscribeAsync(cancellationToken).ConfigureAwait(false);
                await FollowAsync(subscription.Events, cancellationToken).ConfigureAwait(false);
            }
            catch (SubscriptionOverflowException)
            {
                isBehind = true; // Some moments are missing; nothing else depends on them.
            }
        }

        // The server stops, and is about to cancel.
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
    }

    private bool TryNote(long requestId, string user)
    {
        lock (_lock)
        {
            if (_verdicts.Count >= MostVerdicts)
            {
                _verdicts.Clear();
            }

            return _verdicts.TryAdd(requestId, user);
        }
    }

    private async Task FollowAsync(ChannelReader<ServerEvent> events, CancellationToken cancellationToken)
    {
        await foreach (ServerEvent next in events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            lock (_lock)
            {
                Note(next);
            }
        }
    }

    private void Note(ServerEvent serverEvent)
    {
        switch (serverEvent)
        {
            case CheckerCompleted e:
                Note(e.Client, e.Result.IsSuccess ? MomentKind.CheckSucceeded : MomentKind.CheckFailed);
                break;
            case NeedApproval e:
                Note(e.Client, MomentKind.Asked);
                break;
            case GotSecret e:
                Note(e.Client, MomentKind.GotSecret);
                Decide(e.Client, e.Request, "got its secret", isGranted: true);
                break;
            case Rejected e:
                Note(e.Client, MomentKind.Refused);
                Decide(e.Client, e.Request, Describe(e.Reason), isGranted: false);
                break;
            case RebootExpected e:
                Note(e.Client, MomentKind.RebootExpected);
                break;
            case Rehearsed e:
                Note(e.Client, e.Problem is null ? MomentKind.Rehearsed : MomentKind.RehearsalFailed);
                break;
            case ClientRemoved e:
                _moments.Remove(e.Client.Id);
                break;
        }
    }

    private void Note(ClientSnapshot client, MomentKind kind)
    {
        if (!_moments.TryGetValue(client.Id, out Queue<Moment>? moments))
        {
            if (_moments.Count >= MostClients)
            {
                return;
            }

            _moments[client.Id] = moments = new Queue<Moment>();
        }

        while (moments.Count >= MostMoments)
        {
            moments.Dequeue();
        }

        moments.Enqueue(new Moment(time.GetUtcNow(), kind));
    }

    private void Decide(ClientSnapshot client, SecretRequest request, string outcome, bool isGranted)
    {
        while (_decisions.Count >= MostDecisions)
        {
            _decisions.Dequeue();
        }

        _verdicts.Remove(request.Id, out string? user);
        _decisions.Enqueue(new Decision(time.GetUtcNow(), client.Name, client.Id, request.Peer.Address, request.Peer.Port, outcome, isGranted, user));
    }

    private static string Describe(RejectionReason reason) => reason switch
    {
        RejectionReason.Disabled => "refused: the client is disabled",
        RejectionReason.Denied => "refused: a person denied it",
        RejectionReason.ApprovalTimedOut => "refused: nobody approved it in time",
        _ => "refused",
    };
}
