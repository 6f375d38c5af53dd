using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Signals;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Calls;

/// <summary>
/// Carries out calls. Those of one sender are answered in the order in which they came: while a command is under way, its sender's
/// later calls wait. Used on the connection's thread alone.
/// </summary>
/// <param name="post">Runs something on the connection's thread later.</param>
/// <param name="askBus">Ends when the bus has read what was sent until now, or is gone. Does not throw.</param>
/// <param name="events">The signals of what a command did go before its answer.</param>
/// <param name="logger">The log.</param>
internal sealed partial class CallQueue(Func<Action, bool> post, Func<Task> askBus, EventFlow events, ILogger logger)
{
    /// <summary>Calls of one sender that may wait: more than a bus lets anybody have unanswered by default (128).</summary>
    public const int MaxWaiting = 1024;

    /// <summary>What the arguments of all waiting calls may take, in bytes.</summary>
    public const int MaxWaitingBytes = 32 << 20;

    private const string InvalidFileContent = "org.freedesktop.DBus.Error.InvalidFileContent";

    /// <summary>A change is in force, but not saved.</summary>
    private const string NotSaved = Names.ServerExtension + ".Error.NotSaved";

    private readonly ILogger _logger = logger;

    /// <summary>The senders that have calls waiting or under way.</summary>
    private readonly Dictionary<string, Sender> _senders = new(StringComparer.Ordinal);

    /// <summary>Commands that ended while closed.</summary>
    private readonly List<(Call Call, Task Outcome)> _ended = [];

    /// <summary>Calls with large answers, one of a sender at most. Only one such answer is on its way to the bus, so that small ones are not behind many.</summary>
    private readonly Queue<Call> _large = [];

    private bool _isLargeUnderWay;
    private long _waitingBytes;
    private bool _open;

    /// <summary>Carries out a call, now or later.</summary>
    public void Submit(Call call)
    {
        string name = SenderOf(call);
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
    public void Close() => _open = false;

    /// <summary>Begins or goes on to carry out calls.</summary>
    public void Open()
    {
        _open = true;
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

        RunNextLarge();
    }

    private static string SenderOf(Call call) => call.Context.Sender ?? "";

    private void Enqueue(Sender sender, Call call)
    {
        if (sender.Waiting.Count >= MaxWaiting || _waitingBytes + call.Size > MaxWaitingBytes)
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
        if (call.IsLarge)
        {
            if (_isLargeUnderWay)
            {
                _large.Enqueue(call);
                return false;
            }

            _isLargeUnderWay = true;
        }

        Task? outcome;
        try
        {
            outcome = call.Run();
        }
#pragma warning disable CA1031 // Whatever goes wrong in a call is the answer to that call
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(call, e);
            return true;
        }

        if (outcome is null)
        {
            AfterAnswer(call);
            return true;
        }

        if (outcome.IsCompleted && events.TryCatchUp())
        {
            Answer(call, outcome);
            return true;
        }

        _ = AwaitAsync(call, outcome);
        return false;
    }

    /// <summary>Lets the next large answer go out once the bus has read the one before.</summary>
    private void AfterAnswer(Call call)
    {
        if (call.IsLarge)
        {
            _ = AwaitBusAsync();
        }
    }

    private async Task AwaitBusAsync()
    {
        await askBus().ConfigureAwait(false);
        post(() =>
        {
            _isLargeUnderWay = false;
            RunNextLarge();
        });
    }

    private void RunNextLarge()
    {
        if (_open && !_isLargeUnderWay && _large.TryDequeue(out Call next) && TryRun(next))
        {
            RunWaiting(SenderOf(next));
        }
    }

    private async Task AwaitAsync(Call call, Task outcome)
    {
        await outcome.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        post(() => End(call, outcome));
    }

    private void End(Call call, Task outcome)
    {
        if (!_open)
        {
            _ended.Add((call, outcome));
            return;
        }

        events.WhenCaughtUp(() =>
        {
            Answer(call, outcome);
            RunWaiting(SenderOf(call));
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
        (string name, string message) = error switch
        {
            CallException e => (e.ErrorName, e.Message),
            UnknownClientException => (BusErrors.UnknownObject, $"there is no object {call.Context.Path}"),
            UnknownRequestException e => (BusErrors.UnknownObject, e.Message),
            ConflictingRequestsException e => (Names.ConflictingRequestsError, e.Message),
            ConfigurationException e => (InvalidFileContent, e.Message),
            StateNotSavedException e => (NotSaved, e.Message),
            ArgumentException or DBusReadException => (BusErrors.InvalidArgs, error.Message),
            OperationCanceledException => (BusErrors.Failed, "the server is stopping"),
            _ => (BusErrors.Failed, "an internal error; the server's log tells more"),
        };
        if (name == BusErrors.Failed && error is not OperationCanceledException)
        {
            LogFault(call.Context.Member, error.Message);
        }

        call.Context.ReplyError(name, message);
        AfterAnswer(call);
    }

    [LoggerMessage(4110, LogLevel.Error, "D-Bus: {Method} failed: {Reason}")]
    private partial void LogFault(string method, string reason);

    private sealed class Sender
    {
        /// <summary>Calls that wait for one before them.</summary>
        public Queue<Call> Waiting { get; } = [];

        /// <summary>Whether a command is under way.</summary>
        public bool IsBusy { get; set; }
    }
}
