using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Mandos.Notify.Messages;

/// <summary>What a target is told: one event, or a summary of several. It holds no secret, but the links in it let who has them decide.</summary>
internal sealed record Message
{
    /// <summary>The <see cref="Type"/> of a summary.</summary>
    public const string SummaryType = "summary";

    /// <summary>Tells it from all others; attempts to deliver it again have the same one. Letters, digits, <c>_</c>.</summary>
    public string Id { get; } = $"msg_{RandomNumberGenerator.GetHexString(32, lowercase: true)}";

    /// <summary>The word for its event, or <see cref="SummaryType"/>.</summary>
    public required string Type { get; init; }

    /// <summary>When it happened, UTC; of a summary, when it was made.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>Some lines for people, without <see cref="Links"/>.</summary>
    public required string Text { get; init; }

    /// <summary>Whether somebody should look at it now.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>The links that decide its request.</summary>
    public DecisionLinks? Links { get; init; }

    /// <summary>What programs read of it, without what is above.</summary>
    public required JsonObject Data { get; init; }

    /// <summary>How many events it tells of.</summary>
    public long Count { get; init; } = 1;

    /// <summary>How many events the target was not told of before it, because it could not be reached.</summary>
    public long Lost { get; init; }

    /// <summary>What a person gets to read below the title.</summary>
    /// <param name="withLinks">Whether the links are written out in it.</param>
    public string Body(bool withLinks)
    {
        string lost = Lost == 0 ? "" : $"\n{Lost} earlier {(Lost == 1 ? "event" : "events")} could not be told here.";
        string links = withLinks && Links is { } some ? $"\n\nApprove: {some.Approve}\nDeny: {some.Deny}" : "";
        return Text + lost + links;
    }

    /// <summary>It as JSON for programs: <c>type</c>, <c>timestamp</c> and <c>data</c>, as Standard Webhooks recommends.</summary>
    public JsonObject ToJson()
    {
        var data = new JsonObject { ["id"] = Id, ["title"] = Title, ["text"] = Body(withLinks: false) };
        foreach ((string name, JsonNode? value) in Data)
        {
            data[name] = value?.DeepClone();
        }

        if (Links is { } links)
        {
            data["links"] = new JsonObject { ["approve"] = links.Approve, ["deny"] = links.Deny };
        }

        if (Lost > 0)
        {
            data["lost"] = Lost;
        }

        return new JsonObject { ["type"] = Type, ["timestamp"] = Moment.Text(Time), ["data"] = data };
    }
}
