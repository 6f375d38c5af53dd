using System.Text.Json.Serialization;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Why something was not done.</summary>
internal sealed record ErrorAnswer(string Error, string? Code = null);

/// <summary>What became of a command.</summary>
internal sealed record CommandAnswer(bool Durable, string? Problem = null);

/// <summary>What is amiss with single clients of a command for many.</summary>
internal sealed record ManyAnswer(IReadOnlyList<ClientProblemData> Problems);

/// <summary>What is amiss with a client.</summary>
internal sealed record ClientProblemData(string Client, string Code, string Error);

/// <summary>The server.</summary>
internal sealed record ServerAnswer(string? StateProblem);

/// <summary>The requests that wait.</summary>
internal sealed record RequestsAnswer(IReadOnlyList<RequestData> Requests);

/// <summary>A request that waits.</summary>
internal sealed record RequestData(ulong Id, string Client, string Address, ushort Port, string? KeyId, DateTimeOffset Since)
{
    /// <summary>The request.</summary>
    public Request ToRequest() => new(Id, WebValues.PathOf(Client), Client, Address, Port, KeyId ?? "", WebValues.ToText(Since));
}

/// <summary>A reboot that is expected.</summary>
internal sealed record RebootData(DateTimeOffset Until, string? Reason, bool NeedsNoApproval);

/// <summary>A change of a client's key.</summary>
internal sealed record RotationData(string? NextKeyId, DateTimeOffset? TriedAt, string? RetiredKeyId, DateTimeOffset? PromotedAt, bool IsFileBehind);

/// <summary>The former clients.</summary>
internal sealed record KeptAnswer(IReadOnlyList<KeptData> Kept);

/// <summary>A former client.</summary>
internal sealed record KeptData(string Name, string? KeyId, string? Fingerprint, string State, DateTimeOffset? Since);

/// <summary>The keys that belong to no client.</summary>
internal sealed record UnknownKeysAnswer(IReadOnlyList<UnknownKeyData> UnknownKeys);

/// <summary>A key that belongs to no client.</summary>
internal sealed record UnknownKeyData(string KeyId, string Address, ulong Count, DateTimeOffset First, DateTimeOffset Last);

/// <summary>The invitations.</summary>
internal sealed record InvitationsAnswer(IReadOnlyList<InvitationData> Invitations);

/// <summary>An invitation.</summary>
internal sealed record InvitationData(string Name, DateTimeOffset Created, DateTimeOffset Until, DateTimeOffset? Arrived, string? Address, string? KeyId)
{
    /// <summary>The invitation.</summary>
    public Invitation ToInvitation() => new(
        Name, WebValues.ToText(Created), WebValues.ToText(Until), Arrived is { } time ? WebValues.ToText(time) : "", Address ?? "", KeyId ?? "");
}

/// <summary>Who is to be invited, and for how long.</summary>
internal sealed record InvitedData(string Name, string Valid);

/// <summary>An invitation that was made.</summary>
internal sealed record NewInvitationAnswer(string Token, string Pin, IReadOnlyList<string> EndPoints, DateTimeOffset Until);

/// <summary>What has arrived on an invitation.</summary>
internal sealed record InvitedSectionAnswer(byte[] Section);

/// <summary>How an invitation ends.</summary>
internal sealed record InvitationEnd(bool Accepted);

/// <summary>The servers that share their state; null if there is no other.</summary>
internal sealed record ServersAnswer(GroupData? Group);

/// <summary>The servers that share their state.</summary>
internal sealed record GroupData(IReadOnlyList<SharingData> Servers, ulong Revision, TimeSpan LongestWait)
{
    /// <summary>The servers; their times are to the millisecond, as on D-Bus.</summary>
    public ServerGroup ToGroup() => new(
        [
            .. Servers.Select(static server => new SharingServer(
                server.Name, WebValues.ToText(server.Since), server.Confirmed, Whole(server.SinceSync), Whole(server.PermissionLeft),
                server.FilesHash ?? "", server.IsSelf, server.IsAwaited)),
        ],
        Revision, Whole(LongestWait)!.Value);

    private static TimeSpan? Whole(TimeSpan? time) => time is { } known ? SharingServer.Duration((long)known.TotalMilliseconds) : null;
}

/// <summary>One of the servers that share their state.</summary>
internal sealed record SharingData(
    string Name, DateTimeOffset Since, ulong Confirmed, TimeSpan? SinceSync, TimeSpan? PermissionLeft, string? FilesHash, bool IsSelf, bool IsAwaited);

/// <summary>The tokens.</summary>
internal sealed record TokensAnswer(IReadOnlyList<TokenData> Tokens);

/// <summary>A token, without what opens the door.</summary>
internal sealed record TokenData(string Name, string Scope, DateTimeOffset? Created);

/// <summary>A token to be made.</summary>
internal sealed record NewToken(string Name, string Scope);

/// <summary>A token that was made, with what opens the door.</summary>
internal sealed record NewTokenAnswer(string Token);

/// <summary>What any event may tell.</summary>
internal sealed record EventData
{
    /// <summary>The client right after it, or as it was last.</summary>
    public Client? Client { get; init; }

    /// <summary>The properties that have changed, by their names in the catalogue.</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>The request that it is about.</summary>
    public EventRequest Request { get; init; } = new();

    public TimeSpan TimeLeft { get; init; }

    public bool ApprovedByDefault { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>In small letters, with underscores.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What is run as a check.</summary>
    public string Description { get; init; } = "";

    public string KeyId { get; init; } = "";

    public string Address { get; init; } = "";
}

/// <summary>Of the request that an event is about.</summary>
internal sealed record EventRequest
{
    public string Address { get; init; } = "";
}

/// <summary>How all of them are read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(ClientConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(ManyAnswer))]
[JsonSerializable(typeof(ServerAnswer))]
[JsonSerializable(typeof(RequestsAnswer))]
[JsonSerializable(typeof(RebootData))]
[JsonSerializable(typeof(RotationData))]
[JsonSerializable(typeof(KeptAnswer))]
[JsonSerializable(typeof(UnknownKeysAnswer))]
[JsonSerializable(typeof(InvitationsAnswer))]
[JsonSerializable(typeof(InvitedData))]
[JsonSerializable(typeof(NewInvitationAnswer))]
[JsonSerializable(typeof(InvitedSectionAnswer))]
[JsonSerializable(typeof(InvitationEnd))]
[JsonSerializable(typeof(ServersAnswer))]
[JsonSerializable(typeof(TokensAnswer))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(NewTokenAnswer))]
[JsonSerializable(typeof(EventData))]
[JsonSerializable(typeof(Examination))]
[JsonSerializable(typeof(Client))]
internal sealed partial class WebJson : JsonSerializerContext;
