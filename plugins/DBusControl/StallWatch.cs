using System.Threading.Channels;
using Mandos.DBusControl.Limits;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>
/// Notices when the bus reads nothing more from the server, or soon will not. dbus-daemon stops reading for good once too much from the server
/// waits for programs that do not read, and tells nobody.
/// </summary>
/// <param name="ask">Asks the bus how many bytes of the server's it keeps, and ends with the answer. The bus answers in order.</param>
/// <param name="time">The clock.</param>
internal sealed class StallWatch(Func<CancellationToken, Task<uint>> ask, TimeProvider time)
{
    /// <summary>The bus is asked at most so often.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _sent = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something is sent, so ask the bus once more. Cheap, from any thread.</summary>
    public void Sent() => _sent.Writer.TryWrite(true);

    /// <summary>Asks whenever something was sent, until the bus does not answer or keeps too much.</summary>
    /// <exception cref="DBusConnectionClosedException">There is no bus any more.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        uint kept;
        do
        {
            await _sent.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            Task<uint> answer = ask(cancellationToken);
            try
            {
                await ((Task)answer).WaitAsync(DBusLimits.AnswerTime, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                kept = await answer.WaitAsync(DBusLimits.AnswerTime, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return;
            }

            await Task.Delay(_pause, time, cancellationToken).ConfigureAwait(false);
        }
        while (kept <= DBusLimits.KeptBytes);
    }
}
