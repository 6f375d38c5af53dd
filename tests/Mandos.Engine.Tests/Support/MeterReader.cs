using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mandos.Engine.Tests.Support;

/// <summary>Reads the metrics of one engine, as a program that monitors the server does.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, double Value, string Tags, string Example)> _values = new();

    /// <param name="scope">The engine's meter, which no other engine has.</param>
    public MeterReader(object scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == scope)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The trace IDs of the activities in which values of a metric were measured; empty for none.</summary>
    public string[] ExamplesOf(string name) => [.. _values.Where(one => one.Name == name).Select(static one => one.Example)];

    /// <summary>All values of a metric so far, as <c>value tag=value ...</c>.</summary>
    public string[] Of(string name) => [.. _values.Where(one => one.Name == name).Select(one => FormattableString.Invariant($"{one.Value} {one.Tags}").TrimEnd())];

    /// <summary>The values of a metric that is observed, as they are now; those that are zero are left out.</summary>
    public string[] Observe(string name)
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return [.. Of(name).Where(static value => !value.StartsWith("0 ", StringComparison.Ordinal))];
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => _values.Enqueue((
            instrument.Name, value, string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}")),
            Activity.Current is { OperationName: "mandos.request" } request ? request.TraceId.ToHexString() : ""));
}
