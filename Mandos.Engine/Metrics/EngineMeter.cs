using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mandos.Engine.Metrics;

/// <summary>The engine's metrics; docs/metrics.md lists them. Thread-safe.</summary>
/// <remarks>
/// Tags have few values, and name neither clients nor peers. What only counts is observed, so that it is there from the start on, with zeros, and costs
/// nothing until somebody reads it. While nobody listens to the others they cost next to nothing. Listeners are called at once, and may throw, which does
/// not disturb what is measured.
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

    /// <summary>Up to what a peer may take.</summary>
    private static readonly InstrumentAdvice<double> _handshakeTimes = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly InstrumentAdvice<double> _checkTimes = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    };

    /// <summary>The last but one of them is what counts as a gap, in which the server did not run.</summary>
    private static readonly InstrumentAdvice<double> _lags = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 10],
    };

    private readonly Action<Exception> _onError;
    private readonly Meter _meter;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _handshakeDuration;
    private readonly Histogram<double> _checkDuration;
    private readonly Histogram<double> _checkLag;
    private readonly Histogram<double> _loopLag;
    private bool _hasFailed;

    /// <param name="onError">Is told of the first exception of somebody who listens.</param>
    public EngineMeter(Action<Exception> onError)
    {
        _onError = onError;
        _meter = new Meter(new MeterOptions(Name) { Scope = this });
        _requestDuration = Histogram("mandos.request.duration", "Time from accepting a connection to its decision", _requestTimes);
        _handshakeDuration = Histogram("mandos.handshake.duration", "Time that a TLS handshake took", _handshakeTimes);
        _checkDuration = Histogram("mandos.check.duration", "Time that a check ran", _checkTimes);
        _checkLag = Histogram("mandos.check.lag", "Time from when a check was to start until it ran", _lags);
        _loopLag = Histogram("mandos.loop.lag", "By how much the engine was late when something was due", _lags);
    }

    /// <summary>Whether anybody listens to <see cref="RequestEnded"/>.</summary>
    public bool TimesRequests => _requestDuration.Enabled;

    /// <summary>Measures a connection that has ended.</summary>
    /// <param name="decision">What became of it, in the word of the audit.</param>
    /// <param name="duration">Time since it was accepted.</param>
    /// <param name="record">The ID of its record in the audit; null if it has none.</param>
    /// <remarks>
    /// The record's ID is the trace ID of <see cref="Activity.Current"/> meanwhile: that is where .NET's listeners look for the example behind a value.
    /// </remarks>
    public void RequestEnded(string decision, TimeSpan duration, string? record)
    {
        if (!TimesRequests)
        {
            return;
        }

        using Activity? example = record is null ? null
            : new Activity("mandos.request").SetParentId(ActivityTraceId.CreateFromString(record), ActivitySpanId.CreateRandom()).Start();
        Record(_requestDuration, duration, new KeyValuePair<string, object?>("mandos.decision", decision));
    }

    /// <summary>Measures a handshake that has ended.</summary>
    /// <param name="isDone">Whether it was completed.</param>
    /// <param name="duration">Time that it took, with all waits for the peer and for its turn to compute.</param>
    public void HandshakeEnded(bool isDone, TimeSpan duration)
        => Record(_handshakeDuration, duration, new KeyValuePair<string, object?>("mandos.result", isDone ? "completed" : "failed"));

    /// <summary>Measures a check that has begun.</summary>
    /// <param name="checker">The checker's name.</param>
    /// <param name="lag">Time since it was to start.</param>
    public void CheckBegan(string checker, TimeSpan lag)
        => Record(_checkLag, lag, new KeyValuePair<string, object?>("mandos.checker", checker));

    /// <summary>Measures a check that has ended.</summary>
    /// <param name="checker">The checker's name.</param>
    /// <param name="result">What it found.</param>
    /// <param name="duration">Time that it ran.</param>
    public void CheckEnded(string checker, string result, TimeSpan duration)
        => Record(_checkDuration, duration, new("mandos.checker", checker), new("mandos.result", result));

    /// <summary>Notes that the loop has come to something that was due.</summary>
    public void LoopWasLate(TimeSpan lag) => Record(_loopLag, lag);

    /// <summary>Has connections that have ended counted by what came of them, whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there were; called on any thread.</param>
    public void ObserveRequests(Func<IEnumerable<(string Decision, string Reason, long Count)>> count)
        => _meter.CreateObservableCounter(
            "mandos.requests",
            () => count().Select(static one => new Measurement<long>(one.Count, new("mandos.decision", one.Decision), new("mandos.reason", one.Reason))),
            "{request}", "Connections that have ended, by what came of them");

    /// <summary>Has checks that have ended counted by what they found, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveRequests"/>
    public void ObserveChecks(Func<IEnumerable<(string Checker, string Result, long Count)>> count)
        => _meter.CreateObservableCounter(
            "mandos.checks",
            () => count().Select(static one => new Measurement<long>(one.Count, new("mandos.checker", one.Checker), new("mandos.result", one.Result))),
            "{check}", "Checks of clients that have ended, by what they found");

    /// <summary>Has it counted how often something said that two machines have a client's key, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveRequests"/>
    public void ObserveAnomalies(Func<IEnumerable<(string Kind, long Count)>> count)
        => _meter.CreateObservableCounter(
            "mandos.anomalies",
            () => count().Select(static one => new Measurement<long>(one.Count, new KeyValuePair<string, object?>("mandos.kind", one.Kind))),
            "{anomaly}", "Requests at which something said that two machines have a client's key, by what said so");

    /// <summary>Has the connections counted whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are in each phase; called on any thread.</param>
    public void ObserveConnections(Func<IEnumerable<(string Phase, int Count)>> count)
        => ObserveBy("mandos.phase", "mandos.connections", count, "{connection}", "Connections now, by how far they have come");

    /// <summary>Has the clients counted whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are in each state; called on any thread.</param>
    public void ObserveClients(Func<IEnumerable<(string State, int Count)>> count)
        => ObserveBy("mandos.state", "mandos.clients", count, "{client}", "Clients now, by state");

    /// <summary>Has the clients counted that expire soon, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveExpiring(Func<int> count)
        => Observe("mandos.clients.expiring", count, "{client}", "Enabled clients with less than a quarter of their timeout left");

    /// <summary>Has the clients counted of which a reboot is expected, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveExpectedReboots(Func<int> count)
        => Observe("mandos.clients.expected_reboots", count, "{client}", "Clients of which a reboot is expected");

    /// <summary>Has the clients counted that have not booted with their present secrets, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveUnproven(Func<int> count)
        => Observe("mandos.clients.unproven", count, "{client}", "Enabled clients that have not booted with their present keys, secrets and hosts");

    /// <summary>Has the clients counted that have a next key, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveRotations(Func<int> count)
        => Observe("mandos.clients.rotating", count, "{client}", "Clients with a next key that has not taken the place of the present one yet");

    /// <summary>Has the connections counted that wait for approval, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveApprovals(Func<int> count) => Observe("mandos.approvals_pending", count, "{request}", "Connections that wait for approval");

    /// <summary>Has the keys counted that asked and belong to no client, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveUnknownKeys(Func<int> count)
        => Observe("mandos.unknown_keys", count, "{key}", "Keys that asked and belong to no client, as far as they are kept");

    /// <summary>Has the invitations counted, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveClients"/>
    public void ObserveInvitations(Func<IEnumerable<(string State, int Count)>> count)
        => ObserveBy("mandos.state", "mandos.invitations", count, "{invitation}", "Invitations of machines to become clients, by state");

    /// <summary>Has the changes that are not on disk counted whenever somebody reads the metrics.</summary>
    /// <param name="count">How many there are; called on any thread.</param>
    public void ObserveUnsaved(Func<int> count)
        => Observe("mandos.unsaved_changes", count, "{change}", "Clients whose changes are not on disk yet");

    /// <summary>Has the servers counted whose files have other clients than this one's, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveUnsaved"/>
    public void ObserveDifferingServers(Func<int> count)
        => Observe("mandos.differing_servers", count, "{server}", "Servers that share the state and whose files have other clients than this one's");

    /// <summary>Has the servers counted that share the state, whenever somebody reads the metrics.</summary>
    /// <inheritdoc cref="ObserveClients"/>
    public void ObserveServers(Func<IEnumerable<(string State, int Count)>> count)
        => ObserveBy("mandos.state", "mandos.servers", count, "{server}", "Servers that share the state, this one too, by whether they sync");

    /// <summary>Has it told how long this server may still release secrets, whenever somebody reads the metrics.</summary>
    /// <param name="left">How long; called on any thread.</param>
    public void ObservePermission(Func<TimeSpan> left)
        => _meter.CreateObservableGauge(
            "mandos.permission.left", () => left().TotalSeconds, "s", "How long this server may still release secrets if it makes no further sync");

    /// <summary>Has it told how long ago the last sync began, whenever somebody reads the metrics.</summary>
    /// <param name="age">How long ago; null if there was none. Called on any thread.</param>
    public void ObserveSync(Func<TimeSpan?> age)
        => _meter.CreateObservableGauge(
            "mandos.sync.age",
            () => age() is { } time ? [new Measurement<double>(time.TotalSeconds)] : Enumerable.Empty<Measurement<double>>(),
            "s", "Time since the start of the last sync with the shared state; absent before the first");

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private Histogram<double> Histogram(string name, string description, InstrumentAdvice<double> advice)
        => _meter.CreateHistogram(name, "s", description, advice: advice);

    private void Observe(string name, Func<int> count, string unit, string description)
        => _meter.CreateObservableUpDownCounter(name, count, unit, description);

    private void ObserveBy(string tag, string name, Func<IEnumerable<(string Value, int Count)>> count, string unit, string description)
        => _meter.CreateObservableUpDownCounter(
            name, () => count().Select(one => new Measurement<int>(one.Count, new KeyValuePair<string, object?>(tag, one.Value))), unit, description);

    private void Record(Histogram<double> histogram, TimeSpan time, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            histogram.Record(time.TotalSeconds, tags);
        }
        catch (Exception fault) when (!Interlocked.Exchange(ref _hasFailed, true))
        {
            _onError(fault);
        }
        catch (Exception)
        {
            // Told once
        }
    }
}
