using Mandos.Bus;
using Mandos.DBusControl.Limits;
using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl.Calls;

/// <summary>
/// Carries out calls. Those of one sender are answered in the order in which they came: while a command is under way, its sender's
/// later calls wait. Used in the connection's turns alone.
/// </summary>
internal sealed partial class CallQueue
{
    private readonly Func<Action, bool> _post;
    private readonly EventFlow _events;
    private readonly ILogger _logger;
    private readonly LargeReplies _large;

    /// <summary>The senders that have calls waiting or under way.</summary>
    private readonly Dictionary<string, Sender> _senders = new(StringComparer.Ordinal);

    /// <summary>Commands that ended while closed.</summary>
    private readonly List<(Call Call, Task Outcome)> _ended = [];

    private long _waitingBytes;
    private bool _open;

    /// <param name="post">Runs something in a turn of the connection later.</param>
    /// <param name="backlog">Knows what the bus keeps of the server's messages.</param>
    /// <param name="events">The signals of what a command did go before its answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="ended">The session is over.</param>
    public CallQueue(
        Func<Action, bool> post, IBacklog backlog, EventFlow events, TimeProvider time, ILogger logger, CancellationToken ended)
    {
        (_post, _events, _logger) = (post, events, logger);
        _large = new LargeReplies(post, backlog, RunAgain, Forget, time, ended);
    }

    /// <summary>Carries out a call, now or later.</summary>
    public void Submit(Call call)
    {
        string name = call.Sender;
        if (_senders.TryGetValue(name, out Sender? sender))
        {
            Enqueue(sender, call);
        }
        else if (!_open)
        {
            Enqueue(_senders[name] = new Sender(), call);
        }
        else if (!TryRun(call))
        {
            _senders[name] = new Sender { IsBusy = true };
        }
    }

    /// <summary>Lets calls wait, and the answers to commands too.</summary>
    public void Close() => _open = _large.IsOpen = false;

    /// <summary>Begins or goes on to carry out calls.</summary>
    public void Open()
    {
        _open = _large.IsOpen = true;
        (Call Call, Task Outcome)[] ended = [.. _ended];
        _ended.Clear();
        foreach ((Call call, Task outcome) in ended)
        {
            End(call, outcome);
        }

        foreach (string name in _senders.Where(static sender => !sender.Value.IsBusy).Select(static sender => sender.Key).ToArray())
        {
            RunWaiting(name);
        }

        _large.RunNext();
    }

    /// <summary>Drops the calls that wait: the connection is over. A call under way ends by itself.</summary>
    public void Drop()
    {
        foreach (Sender sender in _senders.Values)
        {
            while (sender.Waiting.TryDequeue(out Call call))
            {
                _waitingBytes -= call.Size;
                call.Context.ReplyError(BusErrors.NoReply, "the connection is over");
            }
        }
    }

    private void Enqueue(Sender sender, Call call)
    {
        if (sender.Waiting.Count >= DBusLimits.WaitingCalls || _waitingBytes + call.Size > DBusLimits.WaitingBytes)
        {
            call.Context.ReplyError(
                BusErrors.LimitsExceeded, "too many calls are waiting for an earlier one to end; wait for answers before calling on");
            return;
        }

        sender.Waiting.Enqueue(call);
        _waitingBytes += call.Size;
    }

    /// <summary>Runs a call.</summary>
    /// <returns>Whether it is answered; otherwise it is under way.</returns>
    private bool TryRun(Call call)
    {
        if (call.IsLarge && !_large.TryBegin(call))
        {
            return false;
        }

        if (call.HoldsEvents)
        {
            _events.Hold();
        }

        Task? outcome;
        try
        {
            outcome = call.Run();
        }
        catch (Exception e)
        {
            // Whatever goes wrong in a call is the answer to that call
            Release(call);
            Refuse(call, e);
            return true;
        }

        if (outcome is null)
        {
            AfterAnswer(call);
            return true;
        }

        if (outcome.IsCompleted && _events.TryCatchUp())
        {
            Answer(call, outcome);
            return true;
        }

        _ = AwaitAsync(call, outcome);
        return false;
    }

    /// <summary>Carries out a call that had to wait for its turn.</summary>
    private void RunAgain(Call call)
    {
        if (TryRun(call))
        {
            RunWaiting(call.Sender);
        }
    }

    /// <summary>Drops the calls for large answers of a sender that is gone. Its commands are still carried out.</summary>
    private void Forget(Call call)
    {
        Sender sender = _senders[call.Sender];
        Call[] waiting = [.. sender.Waiting];
        sender.Waiting.Clear();
        Drop(call);
        foreach (Call next in waiting)
        {
            if (next.IsLarge)
            {
                _waitingBytes -= next.Size;
                Drop(next);
            }
            else
            {
                sender.Waiting.Enqueue(next);
            }
        }

        sender.IsBusy = false;
        if (_open)
        {
            RunWaiting(call.Sender);
        }

        static void Drop(Call call) => call.Context.ReplyError(BusErrors.NoReply, "you have left the bus");
    }

    private void Release(Call call)
    {
        if (call.HoldsEvents)
        {
            _events.Release();
        }
    }

    private void AfterAnswer(Call call)
    {
        if (call.IsLarge)
        {
            _large.End(call);
        }
    }

    private async Task AwaitAsync(Call call, Task outcome)
    {
        await outcome.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        call.Context.ClearSecret(); // here, as the connection may be over, and the call never answered
        _post(() =>
        {
            Release(call);
            End(call, outcome);
        });
    }

    private void End(Call call, Task outcome)
    {
        if (!_open)
        {
            _ended.Add((call, outcome));
            return;
        }

        _events.WhenCaughtUp(() =>
        {
            Answer(call, outcome);
            RunWaiting(call.Sender);
        });
    }

    private void RunWaiting(string name)
    {
        Sender sender = _senders[name];
        sender.IsBusy = false;
        while (sender.Waiting.TryDequeue(out Call call))
        {
            _waitingBytes -= call.Size;
            if (!TryRun(call))
            {
                sender.IsBusy = true;
                return;
            }
        }

        _senders.Remove(name);
    }

    /// <summary>Answers a command that has ended.</summary>
    private void Answer(Call call, Task outcome)
    {
        if (!outcome.IsCompletedSuccessfully)
        {
            Refuse(call, outcome.Exception?.InnerException ?? new OperationCanceledException());
        }
        else if (call.Reply is { } reply)
        {
            reply();
            AfterAnswer(call);
        }
        else
        {
            call.Context.Reply();
            AfterAnswer(call);
        }
    }

    private void Refuse(Call call, Exception error)
    {
        CallException told = CallException.Of(error);
        if (told.ErrorName == BusErrors.Failed && error is not OperationCanceledException)
        {
            LogFault(call.Context.Member, error.Message);
        }

        call.Context.ReplyError(told.ErrorName, told.Message);
        AfterAnswer(call);
    }

    private sealed class Sender
    {
        /// <summary>Calls that wait for one before them.</summary>
        public Queue<Call> Waiting { get; } = [];

        /// <summary>Whether a command is under way.</summary>
        public bool IsBusy { get; set; }
    }
}
