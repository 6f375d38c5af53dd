using System.Text.Json;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.Serving;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

/// <summary>Makes and revokes tokens: for programs of this machine that the socket's mode lets in.</summary>
/// <param name="tokens">The tokens.</param>
/// <param name="logger">The log.</param>
internal sealed partial class TokenRoutes(TokenStore tokens, ILogger logger)
{
    private const string Path = "/api/v1/tokens";

    private readonly ILogger _logger = logger;

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> All =>
    [
        new("GET", Path, Scope.Admin, ListAsync),
        new("POST", Path, Scope.Admin, MakeAsync),
        new("POST", Path + "/{name}/revoke", Scope.Admin, RevokeAsync),
    ];

    private Task ListAsync(WebCall call)
    {
        RequireLocal(call);
        return JsonAnswer.WriteAsync(call.Context, "tokens", tokens.All, static (json, token) =>
        {
            json.WriteStartObject();
            json.WriteString("name", token.Name);
            json.WriteString("scope", token.Scope.ToString().ToLowerInvariant());
            ClientJson.WriteTime(json, "created", token.Created);
            json.WriteEndObject();
        });
    }

    private async Task MakeAsync(WebCall call)
    {
        RequireLocal(call);
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        string name = TextOf(body.RootElement, "name");
        Scope scope = ScopeNames.Parse(TextOf(body.RootElement, "scope")) ?? throw WebProblem.BadValue("scope has to be read, approve or admin");
        string text;
        try
        {
            text = tokens.Make(name, scope);
        }
        catch (IOException e)
        {
            throw new WebProblem(Microsoft.AspNetCore.Http.StatusCodes.Status503ServiceUnavailable, "not_ready", $"the token cannot be kept: {e.Message}");
        }

        LogMade(name, scope, call.Caller.User);
        await JsonAnswer.WriteAsync(call.Context, json => json.WriteString("token", text)).ConfigureAwait(false);
    }

    private async Task RevokeAsync(WebCall call)
    {
        RequireLocal(call);
        CommandResult result = CommandResult.Durable;
        try
        {
            tokens.Revoke(call["name"]);
        }
        catch (IOException e)
        {
            result = CommandResult.NotSaved(e.Message);
        }

        LogRevoked(call["name"], call.Caller.User);
        await JsonAnswer.WriteAsync(call.Context, result).ConfigureAwait(false);
    }

    private static void RequireLocal(WebCall call)
    {
        if (!call.Caller.IsLocal)
        {
            throw WebProblem.NotAllowed("tokens are made and revoked at the socket, by a program of this machine, as mandos-ctl is");
        }
    }

    private static string TextOf(JsonElement body, string name)
        => body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw WebProblem.BadValue($"{name} is missing, or no text");
}
