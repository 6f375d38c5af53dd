using Mandos.Abstractions.Announcing;
using Mandos.Host.Listening;
using Mandos.Host.Plugins.Isolation;

namespace Mandos.Host.Server;

/// <summary>Has the server announced where it listens: on the interface that has the name now, and not while it listens nowhere.</summary>
/// <param name="places">Where it listens.</param>
/// <param name="hasInterface">Whether one interface alone announces it.</param>
/// <param name="service">What to announce, but for the interface.</param>
/// <param name="announced">Is told the name under which the service stands.</param>
internal sealed class Announcement(ListenPlaces places, bool hasInterface, ServiceDescription service, IProgress<string> announced)
{
    /// <summary>Runs an announcer whenever there is something to announce, until cancelled or until it ends by itself.</summary>
    /// <param name="announcer">The announcer. It is not run twice at a time: an announcement that does not end is waited for.</param>
    /// <param name="ending">Is told of each announcement that has to end as there will be another one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(IAnnouncer announcer, Action<Task> ending, CancellationToken cancellationToken)
    {
        // The thread of its own that the caller gives is used up by the first wait.
        bool hasThread = true;
        while (!cancellationToken.IsCancellationRequested)
        {
            Task changed = places.Changed;
            if (CanAnnounce(out int? index))
            {
                using var other = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                CancellationToken stop = other.Token;
                Task Announce() => announcer.RunAsync(service with { InterfaceIndex = index }, announced, stop);
                Task announcing = hasThread ? Announce() : PluginThread.Start(Announce).Unwrap();
                hasThread = false;
                while (CanAnnounce(out int? now) && now == index && !announcing.IsCompleted && !cancellationToken.IsCancellationRequested)
                {
                    await Task.WhenAny(announcing, changed).ConfigureAwait(false);
                    changed = places.Changed;
                }

                bool endedByItself = announcing.IsCompleted;
                Task cancelled = other.CancelAsync();
                ending(Task.WhenAll(cancelled, announcing));
                await cancelled.ConfigureAwait(false);
                await announcing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (endedByItself || announcing.IsFaulted)
                {
                    await announcing.ConfigureAwait(false);
                    return;
                }
            }
            else
            {
                hasThread = false;
                await changed.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool CanAnnounce(out int? index)
    {
        index = places.InterfaceIndex;
        return places.EndPoints.Count > 0 && (index is not null || !hasInterface);
    }
}
