using Mandos.WebControl.Metrics;

namespace WebControl.Tests.Metrics;

/// <summary>Names of metrics and labels.</summary>
public sealed class MetricNameTests
{
    [Theory]
    [InlineData("mandos.loop.lag", "s", "mandos_loop_lag_seconds")]
    [InlineData("process.resident_memory", "By", "process_resident_memory_bytes")]
    [InlineData("mandos.clients", "{client}", "mandos_clients")]
    [InlineData("mandos.build_info", null, "mandos_build_info")]
    [InlineData("9-odd name", null, "__odd_name")]
    public void OfMetric_HasItsUnit(string instrument, string? unit, string expected) => Assert.Equal(expected, MetricName.OfMetric(instrument, unit));

    [Theory]
    [InlineData("mandos.phase", "phase")]
    [InlineData("other.tag", "other_tag")]
    public void OfLabel_IsTheTagWithoutOurPrefix(string tag, string expected) => Assert.Equal(expected, MetricName.OfLabel(tag));
}
