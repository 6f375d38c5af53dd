using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>A target on the web. Certificates are verified, redirections are not followed, and of answers only what is needed is read.</summary>
/// <param name="rootCertificate">Path of the certificates that are trusted; null for those of the system.</param>
/// <param name="time">The clock.</param>
internal abstract class HttpSender(string? rootCertificate, TimeProvider time) : ISender
{
    private const int MostAnswerBytes = 16 << 10;

    private HttpClient? _client;

    /// <summary>The clock.</summary>
    protected TimeProvider Time { get; } = time;

    /// <inheritdoc/>
    public async Task SendAsync(Message message, CancellationToken cancellationToken)
    {
        try
        {
            _client ??= Connect();
            using HttpRequestMessage request = Make(message);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("mandos-notify", null));
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (SecretException e)
        {
            throw new DeliveryException(e.Message);
        }
        catch (HttpRequestException e)
        {
            throw new DeliveryException(Describe(e));
        }
        catch (IOException)
        {
            throw new DeliveryException("the connection broke");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client?.Dispose();

    /// <summary>Makes the request that delivers a message.</summary>
    /// <exception cref="SecretException">The token cannot be read.</exception>
    /// <exception cref="DeliveryException">The settings do not fit.</exception>
    protected abstract HttpRequestMessage Make(Message message);

    /// <summary>How long a target that has too much to do wants to be left alone, if its answer says so; null if not.</summary>
    /// <param name="answer">The answer.</param>
    protected virtual TimeSpan? FindRetryAfter(JsonNode answer) => null;

    /// <summary>JSON as the content of a request.</summary>
    protected static ByteArrayContent Json(JsonObject content)
    {
        var bytes = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(content));
        bytes.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return bytes;
    }

    /// <summary>An address below another one.</summary>
    protected static Uri Below(Uri url, string path) => new($"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}");

    private HttpClient Connect() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = DeliveryLimits.Attempt / 2,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a new address of its name is found
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        MaxResponseHeadersLength = MostAnswerBytes >> 10,
        MaxResponseDrainSize = MostAnswerBytes,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = rootCertificate is null ? null : WebTrust.Policy(rootCertificate),
        },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // the courier has a limit
    };

    private async Task<DeliveryException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        HttpStatusCode status = response.StatusCode;
        bool isBusy = status == HttpStatusCode.TooManyRequests;
        TimeSpan? pause = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - Time.GetUtcNow()) : null;
        if (isBusy)
        {
            pause ??= await ReadRetryAfterAsync(response, cancellationToken).ConfigureAwait(false);
        }

        return new DeliveryException($"it answers {(int)status}{Hint(status)}")
        {
            IsFinal = !isBusy && (int)status < 500 && status is not (HttpStatusCode.RequestTimeout or (HttpStatusCode)425),
            RetryAfter = pause,
        };
    }

    private async Task<TimeSpan?> ReadRetryAfterAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[MostAnswerBytes];
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            int length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            try
            {
                return JsonNode.Parse(bytes.AsSpan(0, length)) is { } answer ? FindRetryAfter(answer) : null;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException)
            {
                // It says nothing that anybody could understand.
                return null;
            }
        }
    }

    private static string Hint(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ": it does not accept the token, or not for this",
        HttpStatusCode.NotFound => ": there is nothing at this address",
        HttpStatusCode.Gone => ": it does not want to be told any more",
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => ": it points elsewhere, where nothing is sent",
        HttpStatusCode.TooManyRequests => ": it has been told too much",
        _ => "",
    };

    /// <summary>Says why, without the address, in which a token may be.</summary>
    private static string Describe(HttpRequestException failure) => failure switch
    {
        { InnerException: AuthenticationException e } => $"TLS: {e.Message.ReplaceLineEndings(" ")}",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "its name cannot be resolved",
        { InnerException: SocketException e } => $"it cannot be reached: {e.SocketErrorCode}",
        { HttpRequestError: not HttpRequestError.Unknown } => $"it does not speak as expected: {failure.HttpRequestError}",
        _ => "the connection broke",
    };
}
