using System.Threading.Channels;
using Mandos.Abstractions.Control;
using Mandos.DBusControl.Limits;

namespace Mandos.DBusControl.Calls;

/// <summary>Turns the events of a subscription into signals, in order. Used on the connection's thread alone.</summary>
/// <param name="bytesSent">How many bytes of signals were sent so far.</param>
/// <param name="tell">Tells the bus of an event. It does not throw.</param>
internal sealed class EventFlow(Func<long> bytesSent, Action<ServerEvent> tell)
{
    /// <summary>What to do once this number of events have been told of.</summary>
    private readonly Queue<(long Told, Action Action)> _later = [];

    private ChannelReader<ServerEvent>? _events;
    private TaskCompletionSource? _held;
    private long _told;

    private int Pending => _events?.Count ?? 0;

    /// <summary>Whether events were lost after those that were sent: only the next subscription shows what they were about.</summary>
    private bool HasLost => _events is { Completion.IsFaulted: true };

    /// <summary>Ends when events may be told of.</summary>
    public Task Released => _held?.Task ?? Task.CompletedTask;

    /// <summary>Lets events wait. Not to be called again before <see cref="Release"/>.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Goes on to tell of events.</summary>
    public void Release()
    {
        _held?.SetResult();
        _held = null;
        RunLater();
    }

    /// <summary>Begins to tell of the events of a subscription; null for none.</summary>
    public void Follow(ChannelReader<ServerEvent>? events)
    {
        _events = events;
        while (_later.TryDequeue(out (long Told, Action Action) next))
        {
            next.Action();
        }
    }

    /// <summary>Tells of some events.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool TellSome()
    {
        long end = bytesSent() + DBusLimits.SignalBytesAtATime;
        for (int left = DBusLimits.EventsAtATime; left > 0 && bytesSent() < end; left--)
        {
            if (_held is not null || _events?.TryRead(out ServerEvent? serverEvent) != true)
            {
                return false;
            }

            tell(serverEvent!);
            _told++;
            RunLater();
        }

        return true;
    }

    /// <summary>
    /// Tells of all events that there are now, unless they are too many for one go: then the bus would drown in signals.
    /// </summary>
    /// <returns>Whether they are told of, and none were lost.</returns>
    public bool TryCatchUp() => _held is null && _later.Count == 0 && Pending <= DBusLimits.EventsAtATime && (!TellSome() || Pending == 0) && !HasLost;

    /// <summary>Does something as soon as all events that there are now are told of; if some were lost, once others are followed.</summary>
    public void WhenCaughtUp(Action action)
    {
        if (TryCatchUp())
        {
            action();
        }
        else
        {
            _later.Enqueue((_told + Pending, action));
        }
    }

    private void RunLater()
    {
        while (_held is null && !HasLost && _later.TryPeek(out (long Told, Action Action) next) && next.Told <= _told)
        {
            _later.Dequeue().Action();
        }
    }
}
