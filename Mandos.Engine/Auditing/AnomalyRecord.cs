using System.Net;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Auditing;

/// <summary>One line of the audit: something said that two machines have a client's key.</summary>
public sealed record AnomalyRecord
{
    /// <summary>When it was noticed, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Name of the client.</summary>
    public required string Client { get; init; }

    /// <summary>Address and port of the request at which it was noticed.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>Key ID or fingerprint, in upper-case hexadecimal digits.</summary>
    public required string KeyId { get; init; }

    /// <summary>What said so.</summary>
    public required AnomalyKind Kind { get; init; }

    /// <summary>What becomes of such requests: one of <see cref="AnomalyBehaviour"/>.</summary>
    public required string Behaviour { get; init; }

    /// <summary>The same in a sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>The record as the log shows it: <c>name=value</c> pairs in a fixed order, texts in quotes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(200);
        text.Append($"anomaly=\"{Kind.Phrase()}\" behaviour={Behaviour} peer={Peer} key={KeyId} client=");
        AuditRecord.Quote(text, Client);
        text.Append(" detail=");
        AuditRecord.Quote(text, Detail);
        return text.ToString();
    }
}
