using System.Diagnostics;
using System.Net;
using System.Text;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Auditing;

/// <summary>One line of the audit: what came of a connection. It never holds a secret.</summary>
public sealed record AuditRecord
{
    /// <summary>When the record was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// What the records of one connection have in common, and those of no other: 32 hexadecimal digits in lower case, as a trace ID of W3C Trace Context;
    /// null for a connection that was closed unserved.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The peer's address and port.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>Key ID or fingerprint, in upper-case hexadecimal digits; null if the handshake gave none.</summary>
    public string? KeyId { get; init; }

    /// <summary>Name of the client that has the key; null if there is none, or no key.</summary>
    public string? Client { get; init; }

    /// <summary>What came of the connection, and why.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>
    /// Whether the secret is about to go out, to end with that outcome: another record says what came of it. Only where the audit is
    /// required.
    /// </summary>
    public bool IsSending { get; init; }

    /// <summary>The word for what has come of the connection.</summary>
    public string Decision => IsSending ? OutcomePhrases.Sending : Outcome.Decision();

    /// <summary>More on the reason, at most <see cref="LongestDetail"/> characters; null for nothing. Peers choose part of it: escape it.</summary>
    public string? Detail
    {
        get;
        init => field = value?.Length > LongestDetail ? value[..LongestDetail] : value;
    }

    /// <summary>Time from accepting the connection to this record.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Most characters of <see cref="Detail"/>.</summary>
    public const int LongestDetail = 200;

    /// <summary>The record as the log shows it: <c>name=value</c> pairs in a fixed order, texts in quotes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(200);
        text.Append($"decision={Decision} reason=\"{Outcome.Phrase()}\" peer={Peer}");
        if (KeyId is not null)
        {
            text.Append($" key={KeyId}");
        }

        if (Client is not null)
        {
            text.Append(" client=");
            Quote(text, Client);
        }

        text.Append($" ms={(long)Duration.TotalMilliseconds}");
        if (Detail is not null)
        {
            text.Append(" detail=");
            Quote(text, Detail);
        }

        if (Id is not null)
        {
            text.Append($" id={Id}");
        }

        return text.ToString();
    }

    /// <summary>Makes an <see cref="Id"/>.</summary>
    internal static string NewId() => ActivityTraceId.CreateRandom().ToHexString();

    internal static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        int start = text.Length;
        text.Append(value).Replace("\\", "\\\\", start, value.Length);
        text.Replace("\"", "\\\"", start, text.Length - start).Append('"');
    }
}
