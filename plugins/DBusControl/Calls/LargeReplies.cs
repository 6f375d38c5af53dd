using Mandos.Abstractions.Plugins;
using Mandos.DBusControl.Limits;

namespace Mandos.DBusControl.Calls;

/// <summary>
/// Decides which caller gets a large answer next. One such answer is on its way to the bus at a time, so that a small one is not behind many; and no
/// program gets one before it has read the last: the bus keeps what it does not read, and no server may have it keep without limit. Used in the
/// connection's turns alone.
/// </summary>
/// <param name="post">Runs something in a turn of the connection later.</param>
/// <param name="backlog">Knows what the bus keeps.</param>
/// <param name="run">Carries out a call whose turn it is.</param>
/// <param name="forget">Drops a call, and all for large answers of its sender, as that is gone.</param>
/// <param name="time">The clock.</param>
/// <param name="ended">The session is over.</param>
internal sealed class LargeReplies(
    Func<Action, bool> post, IBacklog backlog, Action<Call> run, Action<Call> forget, TimeProvider time, CancellationToken ended)
{
    private static readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1));

    /// <summary>Calls that wait for their turn, one of a sender at most.</summary>
    private readonly Queue<Call> _waiting = [];

    /// <summary>The programs that have not read their last large answer yet, as far as is known, with the call for the next.</summary>
    private readonly Dictionary<string, Call?> _readers = new(StringComparer.Ordinal);

    private bool _isUnderWay;

    /// <summary>Whether calls may be carried out.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Begins with a large answer.</summary>
    /// <returns>False if it has to wait; it is carried out later.</returns>
    public bool TryBegin(Call call)
    {
        if (_readers.ContainsKey(call.Sender))
        {
            _readers[call.Sender] = call;
            return false;
        }

        if (_isUnderWay || !IsOpen)
        {
            _waiting.Enqueue(call);
            return false;
        }

        _isUnderWay = true;
        return true;
    }

    /// <summary>The answer was sent.</summary>
    public void End(Call call)
    {
        _readers[call.Sender] = null;
        _ = FollowAsync(call.Sender);
    }

    /// <summary>Goes on, if it is anybody's turn.</summary>
    public void RunNext()
    {
        if (IsOpen && !_isUnderWay && _waiting.TryDequeue(out Call next))
        {
            run(next);
        }
    }

    /// <summary>Waits until the bus has read the answer, then until its receiver has.</summary>
    private async Task FollowAsync(string reader)
    {
        await backlog.KeepUpAsync().ConfigureAwait(false);
        post(() =>
        {
            _isUnderWay = false;
            RunNext();
        });
        TimeSpan pause = TimeSpan.Zero;
        uint? unread;
        while ((unread = await backlog.OfAsync(reader).ConfigureAwait(false)) > DBusLimits.UnreadBytes && !ended.IsCancellationRequested)
        {
            pause = _backoff.After(pause);
            await Task.Delay(pause, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        post(() =>
        {
            if (_readers.Remove(reader, out Call? next) && next is { } call)
            {
                (unread is null ? forget : run)(call);
            }
        });
    }
}
