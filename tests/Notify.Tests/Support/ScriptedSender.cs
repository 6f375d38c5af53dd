using System.Collections.Concurrent;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;

namespace Notify.Tests.Support;

/// <summary>A way to a target that a test decides on; it keeps each attempt.</summary>
internal sealed class ScriptedSender(Func<Message, CancellationToken, Task> send) : ISender
{
    private readonly ConcurrentQueue<Message> _attempts = new();

    public IReadOnlyList<Message> Attempts => [.. _attempts];

    public Task SendAsync(Message message, CancellationToken cancellationToken)
    {
        _attempts.Enqueue(message);
        return send(message, cancellationToken);
    }

    public void Dispose()
    {
    }
}
