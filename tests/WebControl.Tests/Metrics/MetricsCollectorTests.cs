using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mandos.WebControl.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace WebControl.Tests.Metrics;

/// <summary>What meters have measured, as Prometheus reads it.</summary>
public sealed class MetricsCollectorTests : IDisposable
{
    private readonly Meter _meter = new(new MeterOptions("Mandos.Tests") { Scope = new object() });
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250));
    private readonly MetricsCollector _collector;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public MetricsCollectorTests() => _collector = new MetricsCollector(_clock, meter => meter.Scope == _meter.Scope);

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Counter_IsTheSumByLabels()
    {
        Counter<long> counter = _meter.CreateCounter<long>("mandos.requests", "{request}", "Connections\\that have\n\"ended\"");
        counter.Add(1, new("mandos.reason", "b"), new("mandos.decision", "a \"b\" \\ \n"));
        counter.Add(2, new("mandos.reason", "b"), new("mandos.decision", "a \"b\" \\ \n"));
        counter.Add(5, new("mandos.reason", "c"), new("mandos.decision", "d"));
        Assert.Equal(
            """
            # HELP mandos_requests_total Connections\\that have\n"ended"
            # TYPE mandos_requests_total counter
            mandos_requests_total{decision="a \"b\" \\ \n",reason="b"} 3
            mandos_requests_total{decision="d",reason="c"} 5

            """,
            Read(TextFormat.Prometheus));
        Assert.Equal(
            """
            # HELP mandos_requests Connections\\that have\n\"ended\"
            # TYPE mandos_requests counter
            mandos_requests_total{decision="a \"b\" \\ \n",reason="b"} 3
            mandos_requests_total{decision="d",reason="c"} 5
            # EOF

            """,
            Read(TextFormat.OpenMetrics));
    }

    [Fact]
    public void Histogram_IsCountedUpToItsBoundaries()
    {
        Histogram<double> histogram = _meter.CreateHistogram(
            "mandos.check.duration", "s", "Time", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 30] });
        foreach (double value in (double[])[0.25, 0.5, 0.75, 1, 1.25, 40])
        {
            histogram.Record(value, new KeyValuePair<string, object?>("mandos.checker", "shell"));
        }

        Assert.Equal(
            """
            # HELP mandos_check_duration_seconds Time
            # TYPE mandos_check_duration_seconds histogram
            mandos_check_duration_seconds_bucket{checker="shell",le="0.5"} 2
            mandos_check_duration_seconds_bucket{checker="shell",le="1.0"} 4
            mandos_check_duration_seconds_bucket{checker="shell",le="30.0"} 5
            mandos_check_duration_seconds_bucket{checker="shell",le="+Inf"} 6
            mandos_check_duration_seconds_sum{checker="shell"} 43.75
            mandos_check_duration_seconds_count{checker="shell"} 6

            """,
            Read(TextFormat.Prometheus));
    }

    [Fact]
    public void Histogram_InARequest_HasItsRecordAsExample()
    {
        Histogram<double> histogram = _meter.CreateHistogram(
            "mandos.request.duration", "s", "Time", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] });
        ActivityTraceId id = ActivityTraceId.CreateRandom();
        using (new Activity("mandos.request").SetParentId(id, ActivitySpanId.CreateRandom()).Start())
        {
            histogram.Record(0.5);
        }

        using (new Activity("something else").Start())
        {
            histogram.Record(2);
        }

        Assert.Equal(
            $$"""
            # HELP mandos_request_duration_seconds Time
            # TYPE mandos_request_duration_seconds histogram
            # UNIT mandos_request_duration_seconds seconds
            mandos_request_duration_seconds_bucket{le="1.0"} 1 # {audit_id="{{id}}"} 0.5 1700000000.25
            mandos_request_duration_seconds_bucket{le="+Inf"} 2
            mandos_request_duration_seconds_sum 2.5
            mandos_request_duration_seconds_count 2
            # EOF

            """,
            Read(TextFormat.OpenMetrics));
        Assert.DoesNotContain("audit_id", Read(TextFormat.Prometheus), StringComparison.Ordinal);
    }

    [Fact]
    public void Observed_WhatIsNotThereAnyMore_IsGone()
    {
        (string State, int Count)[] all = [("alive", 3), ("disabled", 0)];
        _meter.CreateObservableUpDownCounter(
            "mandos.clients", () => all.Select(static one => new Measurement<int>(one.Count, new KeyValuePair<string, object?>("mandos.state", one.State))),
            "{client}", "Clients");
        double? left = double.PositiveInfinity;
        _meter.CreateObservableGauge("mandos.left", () => left is { } value ? [new Measurement<double>(value)] : Array.Empty<Measurement<double>>(), "s", "Left");
        Assert.Equal(
            """
            # HELP mandos_clients Clients
            # TYPE mandos_clients gauge
            mandos_clients{state="alive"} 3
            mandos_clients{state="disabled"} 0
            # HELP mandos_left_seconds Left
            # TYPE mandos_left_seconds gauge
            mandos_left_seconds +Inf

            """,
            Read(TextFormat.Prometheus));

        (all, left) = ([("disabled", 4)], null);
        Assert.Equal(
            """
            # HELP mandos_clients Clients
            # TYPE mandos_clients gauge
            mandos_clients{state="disabled"} 4

            """,
            Read(TextFormat.Prometheus));
    }

    [Fact]
    public void Observed_CounterHasTheValueItIsToldEachTime()
    {
        long count = 7;
        _meter.CreateObservableCounter("mandos.audit.lost", () => count, "{record}", "Lost");
        Assert.Contains("mandos_audit_lost_total 7\n", Read(TextFormat.Prometheus), StringComparison.Ordinal);
        count = 9;
        Assert.Contains("mandos_audit_lost_total 9\n", Read(TextFormat.Prometheus), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Observed_OneFails_OthersAreRead()
    {
        _meter.CreateObservableGauge("mandos.a", int () => throw new InvalidOperationException("the fault"));
        _meter.CreateObservableGauge("mandos.b", static () => 1);
        var text = new MetricsText(TextFormat.Prometheus);
        string written = "";
        Exception? fault = await _collector.ReadAsync(metrics => written = text.Write(metrics), Cancellation);
        Assert.Equal("the fault", fault?.Message);
        Assert.Equal("# HELP mandos_b \n# TYPE mandos_b gauge\nmandos_b 1\n", written);
    }

    [Fact]
    public void UpDownCounter_AddsUp_AndAGaugeTakesTheLast()
    {
        UpDownCounter<int> sum = _meter.CreateUpDownCounter<int>("mandos.sum");
        Gauge<int> last = _meter.CreateGauge<int>("mandos.last");
        sum.Add(5);
        sum.Add(-2);
        last.Record(5);
        last.Record(2);
        string text = Read(TextFormat.Prometheus);
        Assert.Contains("\nmandos_sum 3\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmandos_last 2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Meter_ThatEnds_TakesItsMetricsAlong()
    {
        using (var meter = new Meter(new MeterOptions("Mandos.Other") { Scope = _meter.Scope }))
        {
            meter.CreateCounter<int>("mandos.other").Add(1);
            Assert.Contains("mandos_other", Read(TextFormat.Prometheus), StringComparison.Ordinal);
        }

        Assert.Equal("", Read(TextFormat.Prometheus));
    }

    [Fact]
    public void Meter_OfSomebodyElse_IsNotRead()
    {
        using var meter = new Meter(new MeterOptions("Other.Meter") { Scope = _meter.Scope });
        meter.CreateCounter<int>("other").Add(1);
        Assert.Equal("", Read(TextFormat.Prometheus));
    }

    [Fact]
    public void Tags_WithoutEnd_AreLeftOutPastTheLimit()
    {
        Counter<int> counter = _meter.CreateCounter<int>("mandos.many");
        for (int i = 0; i <= Metric.MostSeries; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("i", i));
        }

        Assert.Equal(Metric.MostSeries + 2, Read(TextFormat.Prometheus).Count('\n'));
    }

    [Fact]
    public void Histogram_ManyThreads_LosesNothing()
    {
        const int Each = 2000;
        Histogram<double> histogram = _meter.CreateHistogram(
            "mandos.h", "s", "", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] });
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < Each; i++)
            {
                histogram.Record(0.5, new KeyValuePair<string, object?>("mandos.n", i % 4));
                if (i % 500 == 0)
                {
                    Read(TextFormat.OpenMetrics);
                }
            }
        });
        string text = Read(TextFormat.Prometheus);
        Assert.All(Enumerable.Range(0, 4), n => Assert.Contains($"mandos_h_seconds_count{{n=\"{n}\"}} {8 * Each / 4}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Readers_WhoWait_HoldNoThread()
    {
        using var isRead = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        _meter.CreateObservableGauge("mandos.slow", () =>
        {
            isRead.Set();
            go.Wait(Patience.Limit);
            return 1;
        });
        Task<Exception?> first = Task.Run(() => _collector.ReadAsync(static _ => { }, Cancellation), Cancellation);
        Assert.True(isRead.Wait(Patience.Limit, Cancellation));

        Task<Task<Exception?>> second = Task.Factory.StartNew(
            () => _collector.ReadAsync(static _ => { }, Cancellation), Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task came = await Task.WhenAny(second, first);
        go.Set();

        Assert.Same(second, came); // its thread was free while the first one read
        Assert.Null(await first);
        Assert.Null(await await second);
    }

    private string Read(TextFormat format)
    {
        string text = "";
        Assert.Null(_collector.ReadAsync(metrics => text = new MetricsText(format).Write(metrics), Cancellation).GetAwaiter().GetResult());
        return text;
    }
}
