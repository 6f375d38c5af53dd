using Mandos.Notify.Messages;
using Microsoft.Extensions.Logging;

namespace Mandos.Notify.Delivery;

/// <summary>
/// Tells one target, in order, at its own pace: one that is slow or dead delays nobody else, and what it is not told in time becomes a summary.
/// </summary>
/// <param name="target">What to call it in the log.</param>
/// <param name="sender">The way to it.</param>
/// <param name="summarize">Makes a message of several events.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class Courier(string target, ISender sender, Func<Digest, Message> summarize, TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly RateLimit _rate = new(time);
    private TimeSpan _pause;
    private string? _lastReason;
    private long _lost;

    /// <summary>What waits for the target.</summary>
    public MessageQueue Queue { get; } = new();

    /// <summary>Delivers until it is stopped; then it tries once more with what is left.</summary>
    /// <param name="stop">Ends the waiting.</param>
    /// <param name="abort">Ends it at once.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                await Queue.WaitAsync(stop).ConfigureAwait(false);
                await _rate.WaitAsync(stop).ConfigureAwait(false);

                // The last one that may go tells of all that waits.
                await DeliverNextAsync(all: _rate.Free < 2, stop, abort).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            await DeliverNextAsync(all: true, stop, abort).ConfigureAwait(false);
        }
    }

    private async Task DeliverNextAsync(bool all, CancellationToken stop, CancellationToken abort)
    {
        if (Queue.Take(all, summarize) is not { } next)
        {
            return;
        }

        _rate.Spend();
        Message message = next with { Lost = _lost };
        for (int attempt = 1; await TryAsync(message, abort).ConfigureAwait(false) is { } failure; attempt++)
        {
            string reason = failure.Message;
            if (failure.IsFinal || attempt == DeliveryLimits.Attempts || stop.IsCancellationRequested)
            {
                _lost += message.Count;
                _lastReason = reason;
                LogLost(target, message.Type, attempt, reason);
                return;
            }

            _pause = DeliveryLimits.Pauses.After(_pause);
            TimeSpan wait = failure.RetryAfter is { } asked && asked > _pause ? asked : _pause;
            LogFailure(reason, wait);
            await Task.Delay(wait < DeliveryLimits.LongestRetryAfter ? wait : DeliveryLimits.LongestRetryAfter, time, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _lost -= message.Lost;
        _pause = TimeSpan.Zero;
        LogTold(target, message.Type);
        if (_lastReason is not null)
        {
            _lastReason = null;
            LogBack(target);
        }
    }

    /// <returns>What went wrong; null if the target has the message.</returns>
    private async Task<DeliveryException?> TryAsync(Message message, CancellationToken abort)
    {
        using var limit = new CancellationTokenSource(DeliveryLimits.Attempt, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, abort);
        try
        {
            await sender.SendAsync(message, either.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            LogLost(target, message.Type, 1, "the server ends");
            throw;
        }
        catch (OperationCanceledException)
        {
            return new DeliveryException($"it has not answered within {DeliveryLimits.Attempt.TotalSeconds} s");
        }
        catch (DeliveryException e)
        {
            return e;
        }
        catch (Exception e)
        {
            // Whatever it is, it must cost the other targets nothing; and nobody knows what its text holds.
            return new DeliveryException($"unexpected {e.GetType().Name}");
        }
    }

    private void LogFailure(string reason, TimeSpan wait)
    {
        if (reason == _lastReason)
        {
            LogFailedAgain(target, reason, wait.TotalSeconds);
        }
        else
        {
            LogFailed(target, reason);
        }

        _lastReason = reason;
    }
}
