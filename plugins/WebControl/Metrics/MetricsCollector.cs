using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Mandos.WebControl.Metrics;

/// <summary>Listens to the meters of the server and its plugins, from its start to its end, and knows all their metrics. Thread-safe.</summary>
internal sealed class MetricsCollector : IDisposable
{
    /// <summary>Meters of the server and its plugins have names that begin so.</summary>
    private const string MeterPrefix = "Mandos.";

    private readonly ConcurrentDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly SemaphoreSlim _reading = new(1);

    /// <param name="timeProvider">The clock.</param>
    /// <param name="listensTo">Which meters to listen to, of those whose names begin with <c>Mandos.</c>; null for all.</param>
    public MetricsCollector(TimeProvider timeProvider, Predicate<Meter>? listensTo = null)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal) && listensTo?.Invoke(instrument.Meter) != false)
            {
                var metric = new Metric(instrument, timeProvider);
                if (_metrics.TryAdd(metric.Name, metric))
                {
                    listener.EnableMeasurementEvents(instrument, metric);
                }
            }
        };
        _listener.MeasurementsCompleted = (_, state) =>
        {
            if (state is Metric metric)
            {
                _metrics.TryRemove(KeyValuePair.Create(metric.Name, metric));
            }
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Record(state, (double)value, tags));
        _listener.Start();
    }

    /// <summary>All metrics as they are now, in order of their names. One reader at a time; who waits holds no thread, since the engine needs those.</summary>
    /// <param name="read">Takes them; not to be kept.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What went wrong with single metrics, which are left out; null for nothing.</returns>
    public async Task<Exception?> ReadAsync(Action<IReadOnlyList<Metric>> read, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Metric[] metrics = [.. _metrics.Values.OrderBy(static metric => metric.Name, StringComparer.Ordinal)];
            Array.ForEach(metrics, static metric => metric.BeginReading());
            Exception? fault = null;
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException e)
            {
                // Of the instruments whose callbacks failed; all others were read
                fault = e.InnerExceptions[0];
            }

            read(metrics);
            return fault;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _reading.Dispose();
    }

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => ((Metric)state!).Record(value, tags);
}
