using System.Security.Cryptography;
using System.Text.Json;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Api;

/// <summary>Invitations, for programs. Only root, at the socket, invites and takes up what has arrived.</summary>
/// <param name="server">The server.</param>
internal sealed class InvitationRoutes(IMandosServer server)
{
    private const string Path = "/api/v1/invitations";

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> All =>
    [
        new("GET", Path, Scope.Read, ListAsync),
        new("POST", Path, Scope.Admin, InviteAsync),
        new("GET", Path + "/{name}/section", Scope.Admin, ReadAsync),
        new("POST", Path + "/{name}/end", Scope.Admin, EndAsync),
    ];

    private IInvitations Invitations => server.Invitations ?? throw new WebProblem(
        StatusCodes.Status409Conflict, "invitation", "invitations are off; write “invitations = True” into mandos.conf, and restart the server");

    private async Task ListAsync(WebCall call)
    {
        IReadOnlyList<Invitation> all = await Invitations.ListAsync(call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, "invitations", all, ServerJson.WriteItem).ConfigureAwait(false);
    }

    private async Task InviteAsync(WebCall call)
    {
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        string name = TextOf(body.RootElement, "name");
        TimeSpan valid = IsoDuration.TryParse(TextOf(body.RootElement, "valid"), out TimeSpan time) ? time
            : throw WebProblem.BadValue("valid is no duration; use one such as PT1H");
        NewInvitation made = await Invitations.InviteAsync(name, valid, call.Caller.Source, call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, json =>
        {
            json.WriteString("token", made.Token);
            json.WriteString("pin", made.Pin);
            json.WriteStartArray("end_points");
            foreach (System.Net.IPEndPoint endPoint in server.Info.EndPoints)
            {
                json.WriteStringValue(endPoint.ToString());
            }

            json.WriteEndArray();
            ClientJson.WriteTime(json, "until", made.Until);
        }).ConfigureAwait(false);
    }

    private async Task ReadAsync(WebCall call)
    {
        byte[] section = await Invitations.ReadAsync(call["name"], call.Caller.Source, call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, json => json.WriteBase64String("section", section)).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(section);
    }

    private async Task EndAsync(WebCall call)
    {
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        bool isAccepted = body.RootElement.TryGetProperty("accepted", out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean() : throw WebProblem.BadValue("accepted is missing, or neither true nor false");
        await Invitations.EndAsync(call["name"], isAccepted, call.Caller.Source, call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, CommandResult.Durable).ConfigureAwait(false);
    }

    private static string TextOf(JsonElement body, string name)
        => body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw WebProblem.BadValue($"{name} is missing, or no text");
}
