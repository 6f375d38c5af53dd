using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mandos.Abstractions.Checking;

namespace Mandos.Engine.Metrics;

/// <summary>The engine's metrics; docs/operations.md lists them. Thread-safe.</summary>
/// <remarks>
/// Tags have few values, and name neither clients nor peers. While nobody reads them, measuring costs next to nothing. Listeners are called
/// at once, and may throw, which does not disturb what is measured.
/// </remarks>
internal sealed class EngineMeter : IDisposable
{
    /// <summary>The name by which programs find the metrics.</summary>
    public const string Name = "Mandos.Engine";

    /// <summary>From a handshake in the local network to a wait for a person.</summary>
    private static readonly InstrumentAdvice<double> _requestTimes = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
    };

    private static readonly InstrumentAdvice<double> _checkTimes = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    };

    /// <summary>The upper end is what counts as a gap, in which the server did not run.</summary>
    private static readonly InstrumentAdvice<double> _lags = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
    };

    private readonly Action<Exception> _onError;
    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _checks;
    private readonly Histogram<double> _checkDuration;
    private readonly Histogram<double> _loopLag;
    private bool _hasFailed;

    /// <param name="onError">Is told of the first exception of somebody who listens.</param>
    public EngineMeter(Action<Exception> onError)
    {
        _onError = onError;
        _meter = new Meter(new MeterOptions(Name) { Scope = this });
        _requests = _meter.CreateCounter<long>("mandos.requests", "{request}", "Connections that have ended, by what came of them");
        _requestDuration = _meter.CreateHistogram(
            "mandos.request.duration", "s", "Time from accepting a connection to its decision", advice: _requestTimes);
        _checks = _meter.CreateCounter<long>("mandos.checks", "{check}", "Checks of clients that have ended, by what they found");
        _checkDuration = _meter.CreateHistogram("mandos.check.duration", "s", "Time that a check ran", advice: _checkTimes);
        _loopLag = _meter.CreateHistogram(
            "mandos.loop.lag", "s", "By how much the engine was late when something was due", advice: _lags);
    }

    /// <summary>Counts a connection that has ended.</summary>
    /// <param name="decision">What became of it, in the word of the audit.</param>
    /// <param name="reason">Why, in the words of the audit.</param>
    /// <param name="duration">Time since it was accepted.</param>
    public void RequestEnded(string decision, string reason, TimeSpan duration)
    {
        try
        {
            _requests.Add(1, new("mandos.decision", decision), new("mandos.reason", reason));
            _requestDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("mandos.decision", decision));
        }
        catch (Exception e)
        {
            NoteFault(e);
        }
    }

    /// <summary>Counts a check that has ended.</summary>
    /// <param name="checker">The checker's name.</param>
    /// <param name="result">What it found; null if it was stopped.</param>
    /// <param name="duration">Time that it ran.</param>
    public void CheckEnded(string checker, CheckResult? result, TimeSpan duration)
    {
        if (!_checks.Enabled && !_checkDuration.Enabled)
        {
            return;
        }

        var tags = new TagList
        {
            { "mandos.checker", checker },
            { "mandos.result", Describe(result) },
        };
        try
        {
            _checks.Add(1, tags);
            _checkDuration.Record(duration.TotalSeconds, tags);
        }
        catch (Exception e)
        {
            NoteFault(e);
        }
    }

    /// <summary>Notes that the loop has come to something that was due.</summary>
    public void LoopWasLate(TimeSpan lag)
    {
        try
        {
            _loopLag.Record(lag.TotalSeconds);
        }
        catch (Exception e)
        {
            NoteFault(e);
        }
    }

    /// <summary>Has the connections counted whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are in each phase; called on any thread.</param>
    public void ObserveConnections(Func<IEnumerable<(string Phase, int Count)>> count)
        => _meter.CreateObservableUpDownCounter(
            "mandos.connections",
            () => count().Select(static one => new Measurement<int>(one.Count, new KeyValuePair<string, object?>("mandos.phase", one.Phase))),
            "{connection}", "Connections now, by how far they have come");

    /// <summary>Has the changes that are not on disk counted whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are; called on any thread.</param>
    public void ObserveUnsaved(Func<int> count)
        => _meter.CreateObservableUpDownCounter("mandos.unsaved_changes", count, "{change}", "Clients whose changes are not on disk yet");

    /// <summary>Has the servers counted whose files have other clients than this one's, whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are; called on any thread.</param>
    public void ObserveDifferingServers(Func<int> count)
        => _meter.CreateObservableUpDownCounter(
            "mandos.differing_servers", count, "{server}", "Servers that share the state and whose files have other clients than this one's");

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void NoteFault(Exception fault)
    {
        if (!Interlocked.Exchange(ref _hasFailed, true))
        {
            _onError(fault);
        }
    }

    private static string Describe(CheckResult? result) => result switch
    {
        null => "stopped",
        { IsSuccess: true } => "succeeded",
        { Outcome: CheckOutcome.Exited } => "failed",
        { Outcome: CheckOutcome.Signaled } => "killed",
        _ => "not carried out",
    };
}
