namespace Mandos.WebControl.Metrics;

/// <summary>The names of metrics and labels, from those of .NET's instruments and tags.</summary>
internal static class MetricName
{
    private const string Prefix = "mandos.";

    /// <summary>The word for a unit in the name of a metric; null for none, as for what is only counted.</summary>
    /// <param name="unit">The instrument's unit, as in UCUM.</param>
    public static string? OfUnit(string? unit) => unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        _ => null,
    };

    /// <summary>The name of a metric: <c>mandos.loop.lag</c> in <c>s</c> is <c>mandos_loop_lag_seconds</c>. Samples of a counter have <c>_total</c> after it.</summary>
    public static string OfMetric(string instrument, string? unit)
        => OfUnit(unit) is { } word ? $"{Clean(instrument)}_{word}" : Clean(instrument);

    /// <summary>The name of a label: <c>mandos.phase</c> is <c>phase</c>, because the metric says already whose it is.</summary>
    public static string OfLabel(string tag) => Clean(tag.StartsWith(Prefix, StringComparison.Ordinal) ? tag[Prefix.Length..] : tag);

    private static string Clean(string name)
        => string.Concat(name.Select(static (c, i) => char.IsAsciiLetter(c) || c == '_' || (char.IsAsciiDigit(c) && i > 0) ? c : '_'));
}
