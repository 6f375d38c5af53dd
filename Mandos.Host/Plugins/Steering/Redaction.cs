namespace Mandos.Host.Plugins.Steering;

/// <summary>Keeps values that may be secrets out of texts that others made.</summary>
internal static class Redaction
{
    /// <summary>A shorter value is no real secret, and may be part of any word.</summary>
    private const int ShortestSecret = 6;

    /// <summary>Puts an ellipsis in the place of each value.</summary>
    /// <param name="text">A text for the log.</param>
    /// <param name="values">What must not be in it.</param>
    public static string Hide(string text, IEnumerable<string> values)
        => values.SelectMany(Forms).Where(form => form.Length >= ShortestSecret).Distinct().OrderByDescending(form => form.Length)
            .Aggregate(text, (shown, form) => shown.Replace(form, "…", StringComparison.Ordinal));

    /// <summary>A value as it is, as one line, and each of its lines.</summary>
    private static IEnumerable<string> Forms(string value)
        => [value, string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), .. value.Split('\n').Select(line => line.Trim())];
}
