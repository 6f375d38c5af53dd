using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>
/// Ends a server that hangs: a machine that boots waits for ever on one that accepts it and is silent, and asks no other.
/// </summary>
/// <remarks>
/// A thread of its own looks several times within the limit whether the server has answered. It counts looks, not time: a pause of the whole
/// process is no hang. It cannot see a process that is stopped for good; that is for <see cref="Unix.DeadMansTimer"/>.
/// </remarks>
/// <param name="limit">How long the server may not answer until it is ended; zero for ever.</param>
/// <param name="systemdLimit">Within what time systemd wants a sign of life; null if it wants none.</param>
/// <param name="probe">Ends when the server has answered; fails if it is not well.</param>
/// <param name="counters">Each grows as long as the server works, however slowly: one that is busy does not hang.</param>
/// <param name="alive">Is told at each look that the server lives.</param>
/// <param name="end">Ends the process.</param>
/// <param name="logger">The log.</param>
internal sealed partial class Watchdog(
    TimeSpan limit, TimeSpan? systemdLimit, Func<Task> probe, IReadOnlyList<Func<long>> counters, Action alive, Action end,
    ILogger logger) : IDisposable
{
    /// <summary>How often it looks within the limit. It acts one look before the end, so that the timer does not have to.</summary>
    private const int Looks = 6;

    private readonly object _lock = new(); // of a kind that can be waited for
    private readonly ILogger _logger = logger;
    private readonly TimeSpan _interval = Interval(limit, systemdLimit);
    private long[] _counts = [.. counters.Select(static counter => counter())];
    private bool _stopping; // under the lock
    private int _missed;

    /// <summary>The answer that is waited for, for tests.</summary>
    internal Task Answer { get; private set; } = Ask(probe);

    /// <summary>Begins to watch, if there is anything to do.</summary>
    public void Start()
    {
        if (_interval != Timeout.InfiniteTimeSpan)
        {
            alive();
            new Thread(Run) { IsBackground = true, Name = "watchdog" }.Start();
        }
    }

    /// <summary>Ends the watch: the end of the server has limits of its own.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _stopping = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Looks whether the server has answered since the last look, and acts on it.</summary>
    internal void Look()
    {
        if (FindFault() is not { } fault)
        {
            _missed = 0;
            alive();
            return;
        }

        _missed++;
        LogNoAnswer(fault);
        if (limit > TimeSpan.Zero && _missed * _interval >= limit * (Looks - 1) / Looks)
        {
            LogEnds((_missed * _interval).TotalSeconds);
            end();
        }
    }

    /// <summary>How long to wait between two looks.</summary>
    private static TimeSpan Interval(TimeSpan limit, TimeSpan? systemdLimit)
    {
        TimeSpan? own = limit > TimeSpan.Zero ? limit / Looks : null;
        TimeSpan? systemds = systemdLimit / 3;
        return own < systemds ? own.Value : systemds ?? own ?? Timeout.InfiniteTimeSpan;
    }

    private void Run()
    {
        lock (_lock)
        {
            while (!_stopping)
            {
                Monitor.Wait(_lock, _interval);
                if (!_stopping)
                {
                    Look();
                }
            }
        }
    }

    /// <returns>Null if the server is well.</returns>
    private string? FindFault()
    {
        long[] counts = [.. counters.Select(static counter => counter())];
        bool works = counts.Zip(_counts).All(static pair => pair.First != pair.Second);
        _counts = counts;
        if (!Answer.IsCompleted)
        {
            return works ? null : "nothing goes on in it";
        }

        string? fault = Answer.Exception?.InnerException?.Message;
        Answer = Ask(probe);
        return fault;
    }

    /// <summary>Asks on the thread pool, so that one that has no thread left is noticed too.</summary>
    private static Task Ask(Func<Task> probe) => Task.Run(probe);
}
