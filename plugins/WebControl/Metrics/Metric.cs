using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mandos.WebControl.Metrics;

/// <summary>One metric: all that one instrument has measured. Thread-safe.</summary>
internal sealed class Metric
{
    /// <summary>Sets of tags of one metric at most; more are left out. Those of the server have two dozen.</summary>
    internal const int MostSeries = 1000;

    /// <summary>The activity in which the engine measures what has a record in the audit; its trace ID is the record's.</summary>
    private const string RequestActivity = "mandos.request";

    private readonly Lock _lock = new();
    private readonly List<Series> _series = [];
    private readonly TimeProvider _timeProvider;
    private readonly bool _adds;

    /// <param name="instrument">What measures it.</param>
    /// <param name="timeProvider">The clock.</param>
    public Metric(Instrument instrument, TimeProvider timeProvider)
    {
        (_timeProvider, _adds) = (timeProvider, Adds(instrument));
        (Name, Unit) = (MetricName.OfMetric(instrument.Name, instrument.Unit), MetricName.OfUnit(instrument.Unit));
        (Help, Kind, IsObserved) = (instrument.Description ?? "", KindOf(instrument), instrument.IsObservable);
        Boundaries = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? [];
    }

    /// <summary>Its name, without the <c>_total</c> of a counter.</summary>
    public string Name { get; }

    /// <summary>The unit in its name; null for none.</summary>
    public string? Unit { get; }

    /// <summary>What it is, in a line.</summary>
    public string Help { get; }

    /// <summary>What its values mean.</summary>
    public MetricKind Kind { get; }

    /// <summary>Whether it has values only while somebody reads it.</summary>
    public bool IsObserved { get; }

    /// <summary>The upper ends of a histogram's buckets, which belong to them; the last bucket has none.</summary>
    public IReadOnlyList<double> Boundaries { get; }

    /// <summary>Takes a value.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (Find(tags) is not { } series)
            {
                return;
            }

            series.IsFresh = true;
            if (Kind == MetricKind.Histogram)
            {
                Add(series, value);
            }
            else
            {
                series.Value = _adds ? series.Value + value : value;
            }
        }
    }

    /// <summary>Begins a reading: what is not observed from here on is gone.</summary>
    public void BeginReading()
    {
        lock (_lock)
        {
            _series.ForEach(static series => series.IsFresh = false);
        }
    }

    /// <summary>Shows the values, in the order in which they came first.</summary>
    public void Read(Action<IReadOnlyList<Series>> read)
    {
        lock (_lock)
        {
            if (IsObserved)
            {
                _series.RemoveAll(static series => !series.IsFresh);
            }

            read(_series);
        }
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (Series known in _series)
        {
            if (known.IsFor(tags))
            {
                return known;
            }
        }

        if (_series.Count == MostSeries)
        {
            return null;
        }

        var series = new Series(tags.ToArray(), Kind == MetricKind.Histogram ? Boundaries.Count + 1 : 0);
        _series.Add(series);
        return series;
    }

    private static MetricKind KindOf(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() is var type
        && type == typeof(Histogram<>) ? MetricKind.Histogram
        : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
        : MetricKind.Gauge;

    /// <summary>Whether each value of an instrument adds to those before it, and does not take their place.</summary>
    private static bool Adds(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() is var type
        && (type == typeof(Counter<>) || type == typeof(UpDownCounter<>));

    private void Add(Series series, double value)
    {
        int bucket = 0;
        while (bucket < Boundaries.Count && !(value <= Boundaries[bucket]))
        {
            bucket++;
        }

        series.Value += value;
        series.Counts[bucket]++;
        if (Activity.Current is { OperationName: RequestActivity } request)
        {
            series.Exemplars[bucket] = new Exemplar(request.TraceId.ToHexString(), value, _timeProvider.GetUtcNow());
        }
    }
}
