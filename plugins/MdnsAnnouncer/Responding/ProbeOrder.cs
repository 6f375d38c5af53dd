using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>Which of two who ask at the same time for a name gets it (RFC 6762 section 8.2).</summary>
internal static class ProbeOrder
{
    /// <summary>Compares what they want to have under the name, all of one class.</summary>
    /// <returns>Above 0 if the first one comes first, and gets the name; 0 if both are the same.</returns>
    public static int Compare(IEnumerable<DnsRecord> first, IEnumerable<DnsRecord> second)
    {
        DnsRecord[] one = [.. first.Order(_comparer)], other = [.. second.Order(_comparer)];
        for (int i = 0; i < Math.Min(one.Length, other.Length); i++)
        {
            if (_comparer.Compare(one[i], other[i]) is var order and not 0)
            {
                return order;
            }
        }

        return one.Length - other.Length;
    }

    private static readonly Comparer<DnsRecord> _comparer = Comparer<DnsRecord>.Create(static (one, other)
        => one.Type != other.Type ? one.Type.CompareTo(other.Type) : one.Data.Span.SequenceCompareTo(other.Data.Span));
}
