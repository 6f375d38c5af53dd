namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>A question about records of the Internet's class.</summary>
/// <param name="Name">The name, as the asker writes it.</param>
/// <param name="Type">The type.</param>
/// <param name="WantsUnicast">Whether the answer may go to the asker alone (the QU bit, RFC 6762 section 5.4).</param>
internal sealed record Question(DnsName Name, RecordType Type, bool WantsUnicast = false);
