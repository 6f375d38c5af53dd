namespace Mandos.WebControl.Metrics;

/// <summary>A format in which metrics are written for Prometheus and others that read as it does.</summary>
internal enum TextFormat
{
    /// <summary>Prometheus' text format, version 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics, version 1.0.0, with units and examples.</summary>
    OpenMetrics,
}
