using System.Text.Json;
using System.Text.Json.Serialization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.ApprovalsJson;

/// <summary>One line of the file. Members that an event does not have are left out.</summary>
internal sealed record ApprovalLine
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>When it was written, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>NeedApproval, GotSecret, Rejected or EventsLost.</summary>
    public required string Event { get; init; }

    /// <summary>Name of the client.</summary>
    public string? Client { get; init; }

    /// <summary>Number of the request, by which it can be approved.</summary>
    public long? Request { get; init; }

    /// <summary>Address and port of the peer.</summary>
    public string? Peer { get; init; }

    /// <summary>Seconds that a connection will wait for approval.</summary>
    public double? TimeLeft { get; init; }

    /// <summary>What happens if nobody decides in that time.</summary>
    public bool? ApprovedByDefault { get; init; }

    /// <summary>Why it was refused.</summary>
    public RejectionReason? Reason { get; init; }

    /// <summary>The line for an event; null for events that have nothing to do with approval.</summary>
    /// <param name="serverEvent">The event. It holds no secret.</param>
    /// <param name="now">The time.</param>
    public static ApprovalLine? Of(ServerEvent serverEvent, DateTimeOffset now) => serverEvent switch
    {
        NeedApproval e => Of(e, e.Request, now) with { TimeLeft = e.TimeLeft.TotalSeconds, ApprovedByDefault = e.ApprovedByDefault },
        GotSecret e => Of(e, e.Request, now),
        Rejected e => Of(e, e.Request, now) with { Reason = e.Reason },
        _ => null,
    };

    private static ApprovalLine Of(ClientEvent e, SecretRequest request, DateTimeOffset now) => new()
    {
        Time = now,
        Event = e.GetType().Name,
        Client = e.Client.Name,
        Request = request.Id,
        Peer = request.Peer.ToString(),
    };

    /// <summary>The line for events that nobody can tell of any more.</summary>
    public static ApprovalLine Lost(DateTimeOffset now) => new() { Time = now, Event = "EventsLost" };

    /// <summary>It as a line of JSON, with its end.</summary>
    public byte[] ToUtf8() => [.. JsonSerializer.SerializeToUtf8Bytes(this, _json), (byte)'\n'];
}
