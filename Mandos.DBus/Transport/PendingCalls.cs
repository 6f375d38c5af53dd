namespace Mandos.DBus.Transport;

/// <summary>The calls that wait for replies; all members within the connection's lock. One timer serves all of them.</summary>
internal sealed class PendingCalls(TimeProvider time, TimeSpan timeout)
{
    private readonly Dictionary<uint, PendingCall> _bySerial = [];
    private readonly LinkedList<PendingCall> _byAge = new();

    public int Count => _bySerial.Count;

    /// <summary>How long until the oldest call's time is up; null if there is none.</summary>
    public TimeSpan? UntilNextDeadline
        => _byAge.First is { } first
            ? TimeSpan.FromTicks(Math.Max(0, time.GetElapsedTime(time.GetTimestamp(), first.Value.Deadline).Ticks))
            : null;

    public bool Contains(uint serial) => _bySerial.ContainsKey(serial);

    public void Add(PendingCall call, uint serial)
    {
        call.Serial = serial;
        call.Deadline = time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);
        call.Place = _byAge.AddLast(call);
        _bySerial.Add(serial, call);
    }

    /// <summary>Takes out the call that a reply from a sender is for.</summary>
    public PendingCall? Take(uint serial, string? sender)
        => _bySerial.TryGetValue(serial, out PendingCall? call) && call.MayBeAnsweredBy(sender) && Take(call) ? call : null;

    /// <summary>Takes a call out, unless that has been done.</summary>
    public bool Take(PendingCall call)
    {
        if (call.Place == null)
        {
            return false;
        }
        _byAge.Remove(call.Place);
        call.Place = null;
        return _bySerial.Remove(call.Serial);
    }

    /// <summary>Takes a call out whose time is up.</summary>
    public PendingCall? TakeOverdue()
        => _byAge.First?.Value is { } oldest && oldest.Deadline <= time.GetTimestamp() && Take(oldest) ? oldest : null;

    /// <summary>Takes any call out.</summary>
    public PendingCall? TakeAny() => _byAge.First?.Value is { } oldest && Take(oldest) ? oldest : null;
}
