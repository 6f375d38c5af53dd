using System.Text.Json.Nodes;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>Tells a server of Gotify (https://gotify.net/docs/pushmsg).</summary>
internal sealed class GotifySender(GotifySettings settings, TimeProvider time) : HttpSender(settings.Scope.RootCertificate, time)
{
    // From 4 on, its app makes a sound; from 8 on, it shows the message over others.
    private const int Default = 5;
    private const int High = 8;

    /// <inheritdoc/>
    protected override HttpRequestMessage Make(Message message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Below(settings.Url, "message"))
        {
            Content = Json(new JsonObject
            {
                ["title"] = message.Title,
                ["message"] = message.Body(withLinks: true),
                ["priority"] = message.IsUrgent ? High : Default,
            }),
        };
        request.Headers.Add("X-Gotify-Key", settings.Token.Read());
        return request;
    }
}
