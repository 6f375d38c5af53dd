namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>The types of records that matter here, by their numbers on the network; others occur.</summary>
internal enum RecordType : ushort
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>Another name.</summary>
    Ptr = 12,

    /// <summary>A text.</summary>
    Txt = 16,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Host and port of a service (RFC 2782).</summary>
    Srv = 33,

    /// <summary>Which types of records a name has (RFC 6762 section 6.1).</summary>
    Nsec = 47,

    /// <summary>In a question: all types.</summary>
    Any = 255,
}
