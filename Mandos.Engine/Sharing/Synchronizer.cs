using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>Syncs with the shared store: each second, whether the last one has ended or not, and when it is worth while. Used on the engine loop alone.</summary>
internal sealed partial class Synchronizer
{
    /// <summary>Syncs under way at once at most.</summary>
    private const int MostAtOnce = 3;

    /// <summary>Reasons that the log tells of at most, until the store answers again.</summary>
    private const int MostTold = 10;

    /// <summary>How often to sync while a command waits for others' confirmation, in the first second and then.</summary>
    private static readonly TimeSpan _shortPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longPoll = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a sync that brings everything may take. It gives no permission if it takes long, but the next one does.</summary>
    private static readonly TimeSpan _firstTime = TimeSpan.FromSeconds(30);

    private readonly EngineServices _services;
    private readonly EngineClock _clock;
    private readonly ISharedStateStore _store;
    private readonly StoreCalls _calls;
    private readonly Permission _permission;
    private readonly RequestTransitions _requests;
    private readonly Acknowledgements _acknowledgements;
    private readonly Action<SharedView, TimeSpan> _apply;
    private readonly ILogger _logger;
    private readonly Deadline _tick;
    private readonly Deadline _poll;
    private SyncPoint _applied;
    private SyncPoint _confirmed;
    private int _running;
    private bool _again;
    private bool _hasEnded;
    private HashSet<string>? _problems;

    /// <param name="services">What the engine shares.</param>
    /// <param name="store">The shared store.</param>
    /// <param name="calls">Calls it.</param>
    /// <param name="permission">What a sync extends.</param>
    /// <param name="requests">Knows which secrets were broken off and are still on their way.</param>
    /// <param name="acknowledgements">The commands that wait for others' confirmation.</param>
    /// <param name="apply">Applies what a sync brings, and takes when it began.</param>
    public Synchronizer(
        EngineServices services, ISharedStateStore store, StoreCalls calls, Permission permission, RequestTransitions requests,
        Acknowledgements acknowledgements, Action<SharedView, TimeSpan> apply)
    {
        (_services, _clock, _store, _calls, _logger) = (services, services.Clock, store, calls, services.Logger);
        (_permission, _requests, _acknowledgements, _apply) = (permission, requests, acknowledgements, apply);
        _tick = new Deadline(static state => ((Synchronizer)state).Tick(), this);
        _poll = new Deadline(static state => ((Synchronizer)state).Soon(), this);
        requests.AllBrokenOffEnded = Soon;
    }

    /// <summary>Is told that a sync failed.</summary>
    public Action<string> Failed { get; set; } = static _ => { };

    /// <summary>Is told that another server has taken this one's place.</summary>
    public Action<ServerFencedException> Fenced { get; set; } = static _ => { };

    /// <summary>Joins the other servers, if that is still to be done.</summary>
    /// <returns>Whether this server is one of them, so that it can sync.</returns>
    public Func<bool> Join { get; set; } = static () => true;

    /// <summary>Whether what was applied is still to be kept on this machine, so that it is not confirmed yet.</summary>
    public Func<bool> IsBehind { get; set; } = static () => false;

    /// <summary>Whether it has begun, and not ended.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Begins to sync.</summary>
    public void Begin()
    {
        IsOn = true;
        Tick();
    }

    /// <summary>Ends it.</summary>
    public void End()
    {
        (IsOn, _hasEnded) = (false, true);
        _services.Deadlines.Cancel(_tick);
        _services.Deadlines.Cancel(_poll);
    }

    /// <summary>Syncs at once, or right after the one that is under way, which may have begun too early.</summary>
    public void Soon()
    {
        if (_running == 0)
        {
            Sync();
        }
        else
        {
            _again = true;
        }
    }

    /// <summary>Whether all sends that what was applied has broken off have ended, and a start without the store would not undo it.</summary>
    private bool MayConfirm => !_requests.AnyBrokenOff && !IsBehind();

    private void Tick()
    {
        _services.Deadlines.Schedule(_tick, _clock.After(SharedStateTiming.SyncInterval));
        if (_running < MostAtOnce)
        {
            Sync();
        }
    }

    private void Sync()
    {
        if (!IsOn || !Join())
        {
            return;
        }

        if (MayConfirm)
        {
            _confirmed = _applied;
        }

        (_again, SyncPoint confirmed) = (false, _confirmed);
        _running++;
        (TimeSpan start, TimeSpan permitted) = (_clock.Now, _permission.Now);
        TimeSpan limit = confirmed == SyncPoint.None ? _firstTime : SharedKeeper.CallTime;
        _calls.Call(token => _store.SyncAsync(confirmed, token), limit, view => Synced(view, confirmed, start, permitted), NotSynced);
    }

    private void Synced(SharedView view, SyncPoint confirmed, TimeSpan start, TimeSpan permitted)
    {
        _running--;
        if (!IsOn)
        {
            return;
        }

        _apply(view, start);
        if (view.Reached.Revision >= _applied.Revision)
        {
            _applied = new SyncPoint(view.Reached.Revision, Math.Max(_applied.Liveness, view.Reached.Liveness));
        }

        _permission.Extend(permitted);
        if (_problems is not null)
        {
            LogBack();
            _problems = null;
        }

        if (_again || (_applied.Revision > confirmed.Revision && MayConfirm))
        {
            Soon();
        }

        if (_acknowledgements.Since is { } since)
        {
            _services.Deadlines.Schedule(_poll, _clock.After(_clock.Now - since < TimeSpan.FromSeconds(1) ? _shortPoll : _longPoll));
        }
    }

    private void NotSynced(Exception error)
    {
        _running--;
        Fail(error);
    }

    /// <summary>Notes that the store does not answer as it should. The log tells of each reason once, until it answers again.</summary>
    public void Fail(Exception error)
    {
        if (error is ServerFencedException fenced)
        {
            Fenced(fenced);
            return;
        }

        if (_hasEnded || (error is OperationCanceledException && _calls.Stopping.IsCancellationRequested))
        {
            return;
        }

        string problem = error is StateStoreException or TimeoutException ? error.Message : $"{error.GetType().Name}: {error.Message}";
        _problems ??= new HashSet<string>(StringComparer.Ordinal);
        if (_problems.Count < MostTold && _problems.Add(problem))
        {
            LogNotSynced(problem, Math.Max(0, _permission.Left.TotalSeconds));
        }

        Failed(problem);
    }
}
