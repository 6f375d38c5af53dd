using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>Tells a web server by Standard Webhooks (https://www.standardwebhooks.com/): JSON, whose origin and age a signature proves.</summary>
internal sealed class WebhookSender(WebhookSettings settings, TimeProvider time) : HttpSender(settings.Scope.RootCertificate, time)
{
    /// <summary>What a key begins with.</summary>
    private const string KeyPrefix = "whsec_";

    /// <summary>Bytes of a key, at least and at most, by the specification.</summary>
    private const int LeastKey = 24;
    private const int MostKey = 64;

    /// <inheritdoc/>
    protected override HttpRequestMessage Make(Message message)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(message.ToJson());
        string timestamp = Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = content };
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", $"v1,{Sign($"{message.Id}.{timestamp}.", body)}");
        return request;
    }

    private string Sign(string prefix, byte[] body)
    {
        byte[] key = ReadKey();
        byte[] signed = [.. Encoding.ASCII.GetBytes(prefix), .. body];
        string signature = Convert.ToBase64String(HMACSHA256.HashData(key, signed));
        CryptographicOperations.ZeroMemory(key);
        return signature;
    }

    private byte[] ReadKey()
    {
        string text = settings.Secret.Read();
        byte[] key = new byte[text.Length];
        return text.StartsWith(KeyPrefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[KeyPrefix.Length..], key, out int length)
            && length is >= LeastKey and <= MostKey
                ? key[..length]
                : throw new DeliveryException($"{settings.Secret.Name} has to be {KeyPrefix} and {LeastKey} to {MostKey} bytes in base64");
    }
}
