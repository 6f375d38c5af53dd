using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>What programs ask and command: the addresses below <c>/api/v1</c>, which <c>openapi.json</c> describes.</summary>
internal sealed class ApiRoutes
{
    private const string Clients = "/api/v1/clients";
    private const int MostAtATime = 10_000;

    private readonly IMandosServer _server;
    private readonly ClientLists _lists;
    private readonly ServerWatch _watch;
    private readonly ClientJson _json;
    private readonly EventStreams _events;
    private readonly Shares _largeAnswers = new(WebLimits.LargeAnswers, "lists of all clients on their way");

    /// <param name="server">The server.</param>
    /// <param name="lists">Reads all clients.</param>
    /// <param name="watch">Is told who decides.</param>
    /// <param name="time">The clock.</param>
    public ApiRoutes(IMandosServer server, ClientLists lists, ServerWatch watch, TimeProvider time)
    {
        (_server, _lists, _watch, _json) = (server, lists, watch, new ClientJson(time));
        _events = new EventStreams(lists, _json, time);
        All =
        [
            new("GET", Clients, Scope.Read, ListClientsAsync),
            new("GET", Clients + "/{name}", Scope.Read, async call => await WriteAsync(call, await FindAsync(call).ConfigureAwait(false)).ConfigureAwait(false)),
            Command("enable", Scope.Admin, server.EnableAsync),
            Command("disable", Scope.Admin, server.DisableAsync),
            Command("check", Scope.Admin, server.StartCheckerAsync),
            Command("stop-check", Scope.Admin, server.StopCheckerAsync),
            Command("checked-ok", Scope.Admin, server.MarkCheckedOkAsync),
            Command("remove", Scope.Admin, server.RemoveAsync),
            Command("promote", Scope.Admin, server.PromoteAsync),
            Command("approve", Scope.Approve, (client, source, token) => server.ApproveAsync(client, approved: true, source, token), decides: true),
            Command("deny", Scope.Approve, (client, source, token) => server.ApproveAsync(client, approved: false, source, token), decides: true),
            new("POST", Clients + "/{name}/settings", Scope.Admin, ChangeAsync),
            new("POST", Clients + "/{name}/secret", Scope.Admin, SetSecretAsync),
            new("POST", Clients + "/{name}/expect-reboot", Scope.Admin, ExpectRebootAsync),
            new("POST", Clients + "/{name}/rehearse", Scope.Admin, RehearseAsync),
            new("POST", "/api/v1/commands", Scope.Admin, CommandManyAsync),
            new("GET", "/api/v1/requests", Scope.Read, ListRequestsAsync),
            Decide("approve", approved: true),
            Decide("deny", approved: false),
            new("GET", "/api/v1/kept", Scope.Read, ListKeptAsync),
            new("GET", "/api/v1/unknown-keys", Scope.Read, ListUnknownKeysAsync),
            new("POST", "/api/v1/kept/{name}/forget", Scope.Admin, ForgetAsync),
            new("POST", "/api/v1/examine", Scope.Admin, ExamineAsync),
            new("GET", "/api/v1/server", Scope.Read, call => JsonAnswer.WriteAsync(call.Context, json => ServerJson.Write(json, server.Info))),
            new("GET", "/api/v1/servers", Scope.Read, call => JsonAnswer.WriteAsync(call.Context, json => ServerJson.Write(json, server.Info.Group))),
            new("POST", "/api/v1/reload", Scope.Admin, call => AnswerAsync(call, server.ReloadAsync(call.Caller.Source, call.Aborted))),
            new("GET", "/api/v1/events", Scope.Read, _events.AnswerAsync),
            .. new InvitationRoutes(server).All,
            new("GET", "/api/v1/openapi.json", Scope.Read, DescribeAsync),
        ];
    }

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> All { get; }

    /// <summary>The client that the path names, and <c>?id=</c> if it is there.</summary>
    /// <exception cref="WebProblem">There is none.</exception>
    public static async ValueTask<ClientSnapshot> FindAsync(IMandosServer server, WebCall call)
    {
        string name = call["name"];
        long? id = call.QueryNumber("id", 0, long.MaxValue);
        ClientSnapshot client = await server.GetClientAsync(name, call.Aborted).ConfigureAwait(false)
            ?? throw WebProblem.UnknownClient($"there is no client named “{name}”");
        return id is null || id == client.Id ? client
            : throw WebProblem.UnknownClient($"the client “{name}” that was meant is gone; the one of its name now is another");
    }

    private ValueTask<ClientSnapshot> FindAsync(WebCall call) => FindAsync(_server, call);

    private static async Task AnswerAsync(WebCall call, Task<CommandResult> command)
        => await JsonAnswer.WriteAsync(call.Context, await command.ConfigureAwait(false)).ConfigureAwait(false);

    private Task WriteAsync(WebCall call, ClientSnapshot client) => JsonAnswer.WriteAsync(call.Context, json => _json.Write(json, client));

    /// <summary>The client that a command is for: whichever has the name, unless <c>?id=</c> says which.</summary>
    private async ValueTask<ClientReference> ReferToAsync(WebCall call)
        => call.Query("id") is null ? ClientReference.ByName(call["name"]) : ClientReference.To(await FindAsync(call).ConfigureAwait(false));

    private Route Command(
        string verb, Scope scope, Func<ClientReference, CommandSource, CancellationToken, Task<CommandResult>> command, bool decides = false)
        => new("POST", $"{Clients}/{{name}}/{verb}", scope, async call =>
        {
            ClientReference client = await ReferToAsync(call).ConfigureAwait(false);
            ClientSnapshot? decided = decides ? await _server.GetClientAsync(call["name"], call.Aborted).ConfigureAwait(false) : null;
            await AnswerAsync(call, _watch.DecideAsync(
                (decided?.Requests ?? []).Select(static request => request.Id), call.Caller.User,
                () => command(client, call.Caller.Source, call.Aborted))).ConfigureAwait(false);
        });

    private Route Decide(string verb, bool approved) => new("POST", $"/api/v1/requests/{{id}}/{verb}", Scope.Approve, call =>
    {
        long id = call.Number("id");
        return AnswerAsync(call, _watch.DecideAsync(
            [id], call.Caller.User, () => _server.DecideAsync(id, approved, call.Caller.Source, call.Aborted)));
    });

    private async Task ListClientsAsync(WebCall call)
    {
        int? limit = (int?)call.QueryNumber("limit", 1, MostAtATime);
        string? after = call.Query("after");
        using IDisposable? share = limit is null ? _largeAnswers.Take(call.Caller) : null; // a page is none
        List<ClientSnapshot> found = await _lists.ReadAsync(
            call, all => ClientOrder.AfterName(all, after, limit is { } most ? most + 1 : int.MaxValue)).ConfigureAwait(false);
        string? next = null;
        if (limit is { } count && found.Count > count)
        {
            found.RemoveAt(count);
            next = found[^1].Name;
        }

        await JsonAnswer.WriteAsync(call.Context, "clients", found, _json.WriteItem, json => json.WriteString("next", next)).ConfigureAwait(false);
    }

    private async Task ListRequestsAsync(WebCall call)
    {
        IReadOnlyList<WaitingRequest> requests = await _lists.ReadAsync(call, WaitingRequest.Of).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, "requests", requests, _json.WriteItem).ConfigureAwait(false);
    }

    private async Task ListKeptAsync(WebCall call)
    {
        IReadOnlyList<KeptClient> kept = await _server.GetKeptClientsAsync(call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, "kept", kept, ClientJson.WriteItem).ConfigureAwait(false);
    }

    private async Task ListUnknownKeysAsync(WebCall call)
    {
        IReadOnlyList<UnknownKey> keys = await _server.GetUnknownKeysAsync(call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, "unknown_keys", keys, ServerJson.WriteItem).ConfigureAwait(false);
    }

    private async Task ForgetAsync(WebCall call)
    {
        try
        {
            await AnswerAsync(call, _server.ForgetAsync(call["name"], call.Caller.Source, call.Aborted)).ConfigureAwait(false);
        }
        catch (UnknownClientException)
        {
            throw WebProblem.NotFound($"nothing is kept under the name “{call["name"]}”");
        }
    }

    private async Task ChangeAsync(WebCall call)
    {
        ClientReference client = await ReferToAsync(call).ConfigureAwait(false);
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        ClientChange change = SettingsJson.Read(body.RootElement);
        await AnswerAsync(call, _server.ChangeAsync(client, change, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
    }

    private async Task ExpectRebootAsync(WebCall call)
    {
        ClientReference client = await ReferToAsync(call).ConfigureAwait(false);
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        RebootPlan plan = RebootJson.ReadReboot(body.RootElement);
        await AnswerAsync(call, _server.ExpectRebootAsync(client, plan, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
    }

    private async Task RehearseAsync(WebCall call)
    {
        ClientReference client = await ReferToAsync(call).ConfigureAwait(false);
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        TimeSpan valid = RebootJson.ReadRehearsal(body.RootElement);
        await AnswerAsync(call, _server.RehearseAsync(client, valid, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
    }

    private async Task CommandManyAsync(WebCall call)
    {
        using JsonDocument body = await RequestBody.ReadObjectAsync(call).ConfigureAwait(false);
        (IReadOnlyList<ClientReference> clients, ClientAction action) = ManyClients.Read(body.RootElement);
        IReadOnlyList<ClientProblem> problems = await _server.CommandManyAsync(clients, action, call.Caller.Source, call.Aborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(call.Context, "problems", problems, ManyClients.WriteItem).ConfigureAwait(false);
    }

    private async Task SetSecretAsync(WebCall call)
    {
        ClientReference client = await ReferToAsync(call).ConfigureAwait(false);
        RequestBody.RequireType(call, "application/octet-stream");
        byte[] secret = await RequestBody.ReadAsync(call, ClientLimits.SecretBytes).ConfigureAwait(false);
        if (secret.Length == 0)
        {
            throw WebProblem.BadValue("the body, which is the secret, is empty"); // as curl sends a file that is not there
        }

        try
        {
            await AnswerAsync(call, _server.SetSecretAsync(client, secret, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private async Task ExamineAsync(WebCall call)
    {
        RequestBody.RequireType(call, "application/octet-stream");
        byte[] sections = await RequestBody.ReadAsync(call, ClientLimits.SectionsBytes).ConfigureAwait(false);
        try
        {
            Examination examination = await _server.ExamineAsync(sections, call.Aborted).ConfigureAwait(false);
            await JsonAnswer.WriteAsync(call.Context, json => ServerJson.Write(json, examination, _json)).ConfigureAwait(false);
        }
        catch (NotSupportedException e)
        {
            throw WebProblem.NotFound(e.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sections);
        }
    }

    private static async Task DescribeAsync(WebCall call)
    {
        using Stream document = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        call.Response.ContentType = "application/json; charset=utf-8";
        call.Response.ContentLength = document.Length;
        await document.CopyToAsync(call.Response.BodyWriter.AsStream(), call.Aborted).ConfigureAwait(false);
    }
}
