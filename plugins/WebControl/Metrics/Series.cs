namespace Mandos.WebControl.Metrics;

/// <summary>The value of a metric for one set of tags. Guarded by its <see cref="Metric"/>.</summary>
/// <param name="tags">The tags.</param>
/// <param name="buckets">Number of buckets of a histogram; 0 for what is none.</param>
internal sealed class Series(KeyValuePair<string, object?>[] tags, int buckets)
{
    private KeyValuePair<string, string>[]? _labels;

    /// <summary>The labels, in the order of their names.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels => _labels ??=
    [
        .. tags.Select(static tag => KeyValuePair.Create(
                MetricName.OfLabel(tag.Key), Convert.ToString(tag.Value, System.Globalization.CultureInfo.InvariantCulture) ?? ""))
            .OrderBy(static label => label.Key, StringComparer.Ordinal),
    ];

    /// <summary>The value; of a histogram, the sum of all values.</summary>
    public double Value { get; set; }

    /// <summary>How many values there were in each bucket of a histogram, and in no other.</summary>
    public long[] Counts { get; } = new long[buckets];

    /// <summary>The last example in each bucket of a histogram; null for none.</summary>
    public Exemplar?[] Exemplars { get; } = new Exemplar?[buckets];

    /// <summary>Whether it has been observed in the reading that is under way.</summary>
    public bool IsFresh { get; set; }

    /// <summary>Whether it is for these tags, in the order in which its instrument gives them.</summary>
    public bool IsFor(ReadOnlySpan<KeyValuePair<string, object?>> others)
    {
        if (others.Length != tags.Length)
        {
            return false;
        }

        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != others[i].Key || !Equals(tags[i].Value, others[i].Value))
            {
                return false;
            }
        }

        return true;
    }
}
