using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mandos.Bus;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Asks and reads answers.</summary>
internal sealed partial class SocketConnection
{
    private static SocketsHttpHandler Handler(Func<CancellationToken, Task<Stream>> connect) => new()
    {
        ConnectCallback = async (_, token) => await connect(token).ConfigureAwait(false),
        MaxConnectionsPerServer = 1,
        MaxResponseHeadersLength = WebLimits.HeaderKibibytes,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
    };

    /// <summary>Connects to the socket.</summary>
    private static async Task<Stream> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        string begin = $"cannot connect to {SafeText.From(path)}: ";
        using var limit = new CancellationTokenSource(WebLimits.Connecting, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            Socket socket = await UnixSocket.ConnectAsync(new UnixDomainSocketEndPoint(path), time, both.Token).ConfigureAwait(false);
            socket.Blocking = true; // as NetworkStream wants it
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new ServerException($"{begin}no permission to use the Mandos server; root and members of the group _mandos have it");
        }
        catch (SocketException e)
        {
            throw new ServerException(begin + UnixSocket.Describe(e));
        }
        catch (ArgumentException)
        {
            throw new ServerException($"{begin}the path is empty, has a NUL, or is longer than 107 bytes");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerException($"{begin}nobody took the connection within {WebLimits.Connecting.TotalSeconds} seconds");
        }
    }

    private static string About(Client? client) => client is null ? "" : $"client {SafeText.From(client.Name)}: ";

    private static string Line(string text) => SafeText.From(text.ReplaceLineEndings(" ").Trim());

    private async Task<T> CallAsync<T>(
        JsonTypeInfo<T> type, HttpMethod method, string path, CancellationToken cancellationToken, Client? client = null, HttpContent? content = null,
        string shown = "")
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(WebLimits.Call, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await SendAsync(_calls, method, path, content, shown, both.Token).ConfigureAwait(false);
            var stream = new LimitedStream(await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false), WebLimits.Call, _time);
            await using (stream.ConfigureAwait(false))
            {
                await RequireSuccessAsync(response, stream, client, both.Token).ConfigureAwait(false);
                stream.Allowance = WebLimits.AnswerBytes;

                // As a whole: a client within a record cannot be read in pieces
                using var answer = new MemoryStream();
                await stream.CopyToAsync(answer, both.Token).ConfigureAwait(false);
                return JsonSerializer.Deserialize(answer.GetBuffer().AsSpan(0, (int)answer.Length), type) ?? throw new JsonException("it is null");
            }
        }
        catch (Exception e) when (Explain(e, client, cancellationToken) is { } explained)
        {
            throw explained;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a request and waits for the headers of the answer.</summary>
    private async Task<HttpResponseMessage> SendAsync(
        HttpMessageInvoker invoker, HttpMethod method, string path, HttpContent? content, string shown, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{method} /api/v1/{path}{shown}");
        using var request = new HttpRequestMessage(method, new Uri($"http://localhost/api/v1/{path}", _asItIs))
        {
            // Without a body HttpClient would send a command again, up to three times, if the server ends before it has answered.
            Content = content ?? (method == HttpMethod.Post ? new ByteArrayContent([]) : null),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(invoker == _events ? "text/event-stream" : "application/json"));
        using var limit = new CancellationTokenSource(WebLimits.Call, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await invoker.SendAsync(request, both.Token).ConfigureAwait(false);
    }

    /// <exception cref="ServerException">The answer is an error.</exception>
    private static async Task RequireSuccessAsync(
        HttpResponseMessage response, LimitedStream stream, Client? client, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return;
        }

        stream.Allowance = WebLimits.ErrorBytes;
        ErrorAnswer error;
        try
        {
            error = (await JsonSerializer.DeserializeAsync(stream, WebJson.Default.ErrorAnswer, cancellationToken).ConfigureAwait(false))!;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new JsonException($"its status is {(int)response.StatusCode}, and it says no reason");
        }

        throw Explain(error.Code, error.Error, client);
    }

    /// <summary>What an error of the server means.</summary>
    private static ServerException Explain(string? code, string text, Client? client)
    {
        string reason = Line(text);
        return new ServerException(code switch
        {
            "unknown_client" when client is not null => $"{About(client)}is not on the server any more",
            "conflicting_requests" => $"{reason}; mandos-ctl --requests lists them",
            _ => $"{About(client)}the server says: {reason}",
        })
        {
            Code = code,
            IsNotSaved = code == "not_durable",
        };
    }

    /// <summary>Says in one line what went wrong; null if it is not the server's fault.</summary>
    private ServerException? Explain(Exception error, Client? client, CancellationToken cancellationToken) => error switch
    {
        ServerException explained => explained,
        HttpRequestException { InnerException: ServerException explained } => explained,
        OperationCanceledException when !cancellationToken.IsCancellationRequested => new($"{About(client)}the Mandos server does not answer"),
        TimeoutException => new($"{About(client)}the Mandos server does not answer"),
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError
        }
        or JsonException or InvalidDataException or FormatException or InvalidOperationException or InvalidCastException
            => new($"{About(client)}the server's answer is not one of a Mandos server: {Line(error.Message)}"),
        HttpRequestException or IOException => new($"the connection to {SafeText.From(Place)} is lost"),
        _ => null,
    };
}
