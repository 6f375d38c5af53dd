namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>A record of the Internet's class.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Data">What it says; a name in there is not compressed.</param>
/// <param name="Ttl">How many seconds it may be kept; 0 withdraws it.</param>
/// <param name="IsUnique">Whether all records of this name and type come from one responder (the cache-flush bit, RFC 6762 section 10.2).</param>
internal sealed record DnsRecord(DnsName Name, RecordType Type, ReadOnlyMemory<byte> Data, uint Ttl, bool IsUnique)
{
    /// <summary>Bytes before the name in the data of an SRV record: priority, weight and port.</summary>
    public const int SrvHeaderLength = 6;

    /// <summary>Whether both say the same, whatever their times to live are.</summary>
    public bool SaysTheSameAs(DnsRecord other)
    {
        if (Type != other.Type || !Name.Equals(other.Name))
        {
            return false;
        }

        ReadOnlySpan<byte> mine = Data.Span, others = other.Data.Span;
        return Type switch
        {
            RecordType.Ptr => DnsName.AreEqual(mine, others),
            RecordType.Srv => mine.Length == others.Length && mine[..SrvHeaderLength].SequenceEqual(others[..SrvHeaderLength])
                && DnsName.AreEqual(mine[SrvHeaderLength..], others[SrvHeaderLength..]),
            _ => mine.SequenceEqual(others),
        };
    }
}
