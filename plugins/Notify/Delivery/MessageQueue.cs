using System.Threading.Channels;
using Mandos.Notify.Messages;

namespace Mandos.Notify.Delivery;

/// <summary>
/// What waits for one target, in order and bounded: <see cref="DeliveryLimits.Waiting"/> messages as they are, and then one <see cref="Digest"/> of all
/// that came after them. Thread-safe.
/// </summary>
internal sealed class MessageQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<Notice> _notices = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Digest _rest = new();

    /// <summary>How many messages it holds, the digest as one.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _notices.Count + (_rest.Total > 0 ? 1 : 0);
            }
        }
    }

    /// <summary>Adds an event. It never waits, and never fails.</summary>
    public void Add(Notice notice)
    {
        lock (_lock)
        {
            if (_rest.Total == 0 && _notices.Count < DeliveryLimits.Waiting)
            {
                _notices.Enqueue(notice);
            }
            else
            {
                _rest.Add(notice);
            }
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Waits until there is something.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (Count == 0)
        {
            await _signal.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes what comes next.</summary>
    /// <param name="all">Whether to make one message of all that waits; else the first one is taken as it is.</param>
    /// <param name="summarize">Makes a message of several events.</param>
    /// <returns>Null if nothing waits.</returns>
    public Message? Take(bool all, Func<Digest, Message> summarize)
    {
        Digest taken;
        lock (_lock)
        {
            if (!all && _notices.TryDequeue(out Notice? first))
            {
                return first.Message;
            }

            taken = new Digest();
            while (_notices.TryDequeue(out Notice? notice))
            {
                taken.Add(notice);
            }

            taken.Add(_rest);
            _rest = new Digest();
        }

        return taken.Total == 0 ? null : taken.Sole?.Message ?? summarize(taken);
    }
}
