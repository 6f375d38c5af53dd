using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;

namespace Mandos.Notify.Targets;

/// <summary>Tells nobody, where nothing that happens is real.</summary>
internal sealed class SilentSender : ISender
{
    /// <inheritdoc/>
    public Task SendAsync(Message message, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
