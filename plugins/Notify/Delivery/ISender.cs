using Mandos.Notify.Messages;

namespace Mandos.Notify.Delivery;

/// <summary>The way to one target. It is used for one message at a time.</summary>
internal interface ISender : IDisposable
{
    /// <summary>Tries once to deliver a message. When the task ends well, the target has it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Gives up, also because it takes too long; nothing of the attempt may go on after that.</param>
    /// <exception cref="DeliveryException">It was not delivered.</exception>
    Task SendAsync(Message message, CancellationToken cancellationToken);
}
