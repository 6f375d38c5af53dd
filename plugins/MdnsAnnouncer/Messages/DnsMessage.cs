namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>A message of DNS, with as much of it as matters here.</summary>
internal sealed record DnsMessage
{
    /// <summary>The longest message in bytes (RFC 6762 section 17).</summary>
    public const int MaxLength = 9000;

    /// <summary>The number by which whoever asks from another port than 5353 knows the answer; 0 otherwise.</summary>
    public ushort Id { get; init; }

    /// <summary>Whether it is an answer rather than a question.</summary>
    public bool IsResponse { get; init; }

    /// <summary>Whether more answers that the asker knows follow in other messages.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>How many questions there are in all, also about other names; 0 when it is written.</summary>
    public int QuestionCount { get; init; }

    /// <summary>What is asked.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];

    /// <summary>The answers; in a question those that the asker knows.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    /// <summary>In a question those records that the asker wants to own.</summary>
    public IReadOnlyList<DnsRecord> Authorities { get; init; } = [];

    /// <summary>What else may interest.</summary>
    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];
}
