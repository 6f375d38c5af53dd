using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>Tells a topic of ntfy (https://docs.ntfy.sh/publish/#publish-as-json), with buttons for links.</summary>
internal sealed class NtfySender(NtfySettings settings, TimeProvider time) : HttpSender(settings.Scope.RootCertificate, time)
{
    private const int Default = 3;
    private const int High = 4;

    /// <inheritdoc/>
    protected override HttpRequestMessage Make(Message message)
    {
        var content = new JsonObject
        {
            ["topic"] = settings.Topic,
            ["title"] = message.Title,
            ["message"] = message.Body(withLinks: false),
            ["priority"] = message.IsUrgent ? High : Default,
        };
        if (message.Links is { } links)
        {
            content["actions"] = new JsonArray(Button("Approve", links.Approve), Button("Deny", links.Deny));
        }

        var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = Json(content) };
        if (settings.Token is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Read());
        }

        return request;
    }

    /// <summary>A button that opens the page, which asks before it does anything.</summary>
    private static JsonObject Button(string label, string url) => new() { ["action"] = "view", ["label"] = label, ["url"] = url };
}
