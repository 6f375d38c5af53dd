namespace Mandos.Host.Plugins.Steering;

/// <summary>Keeps values that may be secrets out of texts that others made.</summary>
internal static class Redaction
{
    /// <summary>What is shorter is no secret worth the name, and may be part of any word.</summary>
    private const int ShortestSecret = 6;

    /// <summary>Puts an ellipsis in the place of each value.</summary>
    /// <param name="text">A text for the log.</param>
    /// <param name="values">What must not be in it.</param>
    public static string Hide(string text, IEnumerable<string> values)
        => values.Where(value => value.Length >= ShortestSecret).OrderByDescending(value => value.Length)
            .Aggregate(text, (shown, value) => shown.Replace(value, "…", StringComparison.Ordinal));
}
