using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>
/// Tells a room of Matrix (https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid). The room must not be
/// encrypted. A message that is sent again has the same transaction, so that nobody sees it twice.
/// </summary>
internal sealed class MatrixSender(MatrixSettings settings, TimeProvider time) : HttpSender(settings.Scope.RootCertificate, time)
{
    /// <inheritdoc/>
    protected override HttpRequestMessage Make(Message message)
    {
        string path = $"_matrix/client/v3/rooms/{Uri.EscapeDataString(settings.Room)}/send/m.room.message/{message.Id}";

        // Clients make no sound for m.notice, which is for programs.
        var content = new JsonObject { ["msgtype"] = "m.text", ["body"] = $"{message.Title}\n{message.Body(withLinks: true)}" };
        var request = new HttpRequestMessage(HttpMethod.Put, Below(settings.Url, path)) { Content = Json(content) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.Token.Read());
        return request;
    }

    /// <inheritdoc/>
    protected override TimeSpan? FindRetryAfter(JsonNode answer)
        => answer["retry_after_ms"] is { } milliseconds ? TimeSpan.FromMilliseconds((double)milliseconds) : null;
}
