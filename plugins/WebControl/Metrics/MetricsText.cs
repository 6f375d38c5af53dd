using System.Globalization;
using System.Text;

namespace Mandos.WebControl.Metrics;

/// <summary>Writes metrics as text: https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/.</summary>
/// <param name="format">The format.</param>
internal sealed class MetricsText(TextFormat format)
{
    private const string EscapedInHelp = "\\\n";
    private const string EscapedInLabel = "\\\n\"";

    private readonly StringBuilder _text = new(32 * 1024);

    private bool IsOpen => format == TextFormat.OpenMetrics;

    /// <summary>The media type of the format.</summary>
    public static string MediaTypeOf(TextFormat format) => format == TextFormat.OpenMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes metrics.</summary>
    /// <returns>The text, which lines end by a line feed.</returns>
    public string Write(IReadOnlyList<Metric> metrics)
    {
        foreach (Metric metric in metrics)
        {
            metric.Read(series => Write(metric, series));
        }

        return _text.Append(IsOpen ? "# EOF\n" : "").ToString();
    }

    private void Write(Metric metric, IReadOnlyList<Series> all)
    {
        if (all.Count == 0)
        {
            return;
        }

        string total = metric.Kind == MetricKind.Counter ? $"{metric.Name}_total" : metric.Name;
        string family = IsOpen ? metric.Name : total;
        _text.Append("# HELP ").Append(family).Append(' ');
        Escape(metric.Help, IsOpen ? EscapedInLabel : EscapedInHelp);
        _text.Append("\n# TYPE ").Append(family).Append(' ').Append(metric.Kind.ToString().ToLowerInvariant()).Append('\n');
        if (IsOpen && metric.Unit is { } unit)
        {
            _text.Append("# UNIT ").Append(family).Append(' ').Append(unit).Append('\n');
        }

        foreach (Series series in all)
        {
            if (metric.Kind == MetricKind.Histogram)
            {
                WriteHistogram(metric, series);
            }
            else
            {
                Write(total, "", series, null, series.Value);
                _text.Append('\n');
            }
        }
    }

    private void WriteHistogram(Metric metric, Series series)
    {
        long count = 0;
        for (int i = 0; i < series.Counts.Length; i++)
        {
            count += series.Counts[i];
            Write(metric.Name, "_bucket", series, Bound(i < metric.Boundaries.Count ? metric.Boundaries[i] : double.PositiveInfinity), count);
            if (IsOpen && series.Exemplars[i] is { } example)
            {
                _text.Append(" # {audit_id=\"").Append(example.AuditId).Append("\"} ").Append(Number(example.Value)).Append(' ')
                    .Append((example.Time.ToUnixTimeMilliseconds() / 1000m).ToString(CultureInfo.InvariantCulture));
            }

            _text.Append('\n');
        }

        Write(metric.Name, "_sum", series, null, series.Value);
        _text.Append('\n');
        Write(metric.Name, "_count", series, null, count);
        _text.Append('\n');
    }

    private void Write(string name, string suffix, Series series, string? bound, double value)
    {
        _text.Append(name).Append(suffix);
        char separator = '{';
        foreach ((string label, string text) in series.Labels)
        {
            Label(label, text);
        }

        if (bound is not null)
        {
            Label("le", bound);
        }

        _text.Append(separator == ',' ? "} " : " ").Append(Number(value));

        void Label(string label, string text)
        {
            _text.Append(separator).Append(label).Append("=\"");
            Escape(text, EscapedInLabel);
            _text.Append('"');
            separator = ',';
        }
    }

    private void Escape(string text, string escaped)
    {
        foreach (char c in text)
        {
            _text.Append(escaped.Contains(c) ? "\\" : "").Append(c == '\n' ? 'n' : c);
        }
    }

    /// <summary>A bound, written in the same way in both formats, so that a change from one to the other makes no new series.</summary>
    private static string Bound(double value) => Number(value) is var text && double.IsInteger(value) ? $"{text}.0" : text;

    private static string Number(double value)
        => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
