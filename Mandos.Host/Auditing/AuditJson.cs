using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;

namespace Mandos.Host.Auditing;

/// <summary>Writes records as JSON, one object a line. docs/operations.md describes the members; programs read them.</summary>
/// <remarks>Whatever is not printable ASCII is escaped, so that no peer or client name can forge a line or disturb a terminal.</remarks>
internal sealed class AuditJson : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public AuditJson() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>The lines.</summary>
    public ReadOnlySpan<byte> Lines => _buffer.WrittenSpan;

    /// <summary>Adds a record.</summary>
    public void Add(AuditRecord record)
    {
        Begin(record.Time);
        _json.WriteString("address"u8, record.Peer.Address.ToString());
        _json.WriteNumber("port"u8, record.Peer.Port);
        AddIf("key_id"u8, record.KeyId);
        AddIf("client"u8, record.Client);
        _json.WriteString("decision"u8, record.Decision);
        _json.WriteString("reason"u8, record.Outcome.Phrase());
        _json.WriteNumber("duration_ms"u8, (long)record.Duration.TotalMilliseconds);
        AddIf("detail"u8, record.Detail);
        AddIf("id"u8, record.Id);
        End();
    }

    /// <summary>Adds the record of a command.</summary>
    public void Add(CommandRecord record)
    {
        Begin(record.Time);
        _json.WriteString("command"u8, record.Command.Phrase());
        AddIf("client"u8, record.Client);
        _json.WriteString("surface"u8, record.Source.Surface);
        AddIf("user"u8, record.Source.User);
        AddIf("address"u8, record.Source.Address);
        _json.WriteString("outcome"u8, record.Outcome.Phrase());
        AddIf("detail"u8, record.Detail);
        End();
    }

    /// <summary>Adds the record of something that says that two machines have a client's key.</summary>
    public void Add(AnomalyRecord record)
    {
        Begin(record.Time);
        _json.WriteString("anomaly"u8, record.Kind.Phrase());
        _json.WriteString("behaviour"u8, record.Behaviour);
        _json.WriteString("address"u8, record.Peer.Address.ToString());
        _json.WriteNumber("port"u8, record.Peer.Port);
        _json.WriteString("key_id"u8, record.KeyId);
        _json.WriteString("client"u8, record.Client);
        _json.WriteString("detail"u8, record.Detail);
        End();
    }

    /// <summary>Adds a summary.</summary>
    public void Add(AuditSummary summary)
    {
        Begin(summary.Time);
        if (summary.Network is { } network)
        {
            _json.WriteString("network"u8, network.ToString());
        }
        else
        {
            _json.WriteNumber("networks"u8, summary.Networks);
        }

        _json.WriteString("decision"u8, summary.Outcome.Decision());
        _json.WriteString("reason"u8, summary.Outcome.Phrase());
        _json.WriteNumber("more"u8, summary.Count);
        _json.WriteNumber("duration_ms"u8, (long)summary.Duration.TotalMilliseconds);
        End();
    }

    /// <summary>Adds that there is a gap.</summary>
    /// <param name="time">When it was noticed.</param>
    /// <param name="lost">How many records are missing.</param>
    public void AddGap(DateTimeOffset time, long lost)
    {
        Begin(time);
        _json.WriteNumber("lost"u8, lost);
        End();
    }

    /// <summary>Takes the lines away.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Begin(DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[32];
        time.UtcDateTime.TryFormat(text, out int length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        _json.WriteStartObject();
        _json.WriteString("time"u8, text[..length]);
    }

    private void AddIf(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
    }
}
