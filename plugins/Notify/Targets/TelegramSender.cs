using System.Text.Json.Nodes;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>Tells a chat of Telegram (https://core.telegram.org/bots/api#sendmessage). The token is in the address, which nobody gets to see.</summary>
internal sealed class TelegramSender(TelegramSettings settings, TimeProvider time) : HttpSender(settings.Scope.RootCertificate, time)
{
    /// <summary>The most that a message may have; names are cut long before.</summary>
    private const int MostCharacters = 4096;

    /// <inheritdoc/>
    protected override HttpRequestMessage Make(Message message)
    {
        string token = settings.Token.Read();
        if (!token.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '_' or '-'))
        {
            throw new DeliveryException($"{settings.Token.Name} is no token of a bot, such as BotFather gives");
        }

        string text = $"{message.Title}\n{message.Body(withLinks: true)}";
        return new HttpRequestMessage(HttpMethod.Post, Below(settings.Url, $"bot{token}/sendMessage"))
        {
            Content = Json(new JsonObject
            {
                ["chat_id"] = settings.Chat,
                ["text"] = text.Length <= MostCharacters ? text : text[..MostCharacters],

                // Or Telegram's servers would open the links.
                ["link_preview_options"] = new JsonObject { ["is_disabled"] = true },
            }),
        };
    }

    /// <inheritdoc/>
    protected override TimeSpan? FindRetryAfter(JsonNode answer)
        => answer["parameters"]?["retry_after"] is { } seconds ? TimeSpan.FromSeconds((double)seconds) : null;
}
