namespace Mandos.DBus.Transport;

/// <summary>A call that waits for its reply. Who takes it out of the pending ones completes it.</summary>
internal abstract class PendingCall(string? destination)
{
    private const string BusName = "org.freedesktop.DBus";

    public uint Serial { get; set; }

    /// <summary>When its time is up, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long Deadline { get; set; }

    /// <summary>Its place among those that wait, the oldest first.</summary>
    public LinkedListNode<PendingCall>? Place { get; set; }

    /// <summary>
    /// Whether a reply may be this call's: from whom was called, or from the bus, which replies for others that are gone. Whose
    /// well-known name is called is known to the bus only.
    /// </summary>
    public bool MayBeAnsweredBy(string? sender)
        => sender is null or BusName
            || destination is null
            || (destination[0] == ':' ? sender == destination : destination != BusName);

    public abstract void Complete(Message reply);

    public abstract void Fail(Exception reason);

    public abstract void Cancel(CancellationToken ct);
}

/// <summary>A call whose reply is read as <typeparamref name="T"/>.</summary>
internal sealed class PendingCall<T>(string? destination, MessageValueReader<T> reader, object? state) : PendingCall(destination)
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _completion.Task;

    public override void Complete(Message reply)
    {
        try
        {
            if (reply.MessageType == MessageType.Error)
            {
                string text = reply.Signature.StartsWith('s') ? reply.GetBodyReader().ReadString() : "";
                _completion.TrySetException(new DBusErrorReplyException(reply.ErrorName!, text));
            }
            else
            {
                _completion.TrySetResult(reader(reply, state));
            }
        }
        catch (Exception e)
        {
            _completion.TrySetException(e);
        }
    }

    public override void Fail(Exception reason) => _completion.TrySetException(reason);

    public override void Cancel(CancellationToken ct) => _completion.TrySetCanceled(ct);
}
