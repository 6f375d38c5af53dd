namespace Mandos.WebControl.Metrics;

/// <summary>What the values of a metric mean, as Prometheus sees it.</summary>
internal enum MetricKind
{
    /// <summary>It only grows, from 0 at the start of the server.</summary>
    Counter,

    /// <summary>How something is now.</summary>
    Gauge,

    /// <summary>How many values there were up to each of some boundaries, and their sum.</summary>
    Histogram,
}
