using System.Threading.Channels;

namespace Mandos.DBusControl;

/// <summary>
/// Notices when the bus takes nothing more of what we send. dbus-daemon does so for good once too much of ours waits for a program
/// that does not read, and tells nobody.
/// </summary>
/// <param name="ask">Asks the bus something, and ends with the answer. The bus answers in order.</param>
/// <param name="time">The clock.</param>
internal sealed class StallWatch(Func<CancellationToken, Task> ask, TimeProvider time)
{
    /// <summary>How long the bus may take to answer. Twice: after a pause of this process itself the first one is over at once.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2.5);

    /// <summary>The bus is asked at most so often.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _sent = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something is sent, so the bus is to be asked once more. Cheap, from any thread.</summary>
    public void Sent() => _sent.Writer.TryWrite(true);

    /// <summary>Asks whenever something was sent, until cancelled.</summary>
    /// <exception cref="TimeoutException">The bus does not answer.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _sent.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            Task answer = ask(cancellationToken);
            await answer.WaitAsync(_limit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await answer.WaitAsync(_limit, time, cancellationToken).ConfigureAwait(false);
            await Task.Delay(_pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
