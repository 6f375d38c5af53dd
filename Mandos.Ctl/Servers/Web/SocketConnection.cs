using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Servers.Web;

/// <summary>A Mandos server that is reached by the Unix socket of its web API, without a bus.</summary>
internal sealed partial class SocketConnection : IServerConnection
{
    /// <summary>Where the server has its socket unless <c>plugins.yaml</c> says otherwise.</summary>
    public const string UsualPath = "/run/mandos/web.sock";

    private static readonly UriCreationOptions _asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly Action<string>? _trace;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _calls;
    private readonly HttpMessageInvoker _events;
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Many calls may wait for the one connection; the time that each may take begins when it is its turn.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The first connection, until it is used.</summary>
    private Stream? _first;

    private SocketConnection(string path, Action<string>? trace, TimeProvider time)
    {
        (Place, _trace, _time) = (path, trace, time);
        _calls = new HttpMessageInvoker(Handler(async token => Interlocked.Exchange(ref _first, null) ?? await OpenAsync(path, time, token).ConfigureAwait(false)));
        _events = new HttpMessageInvoker(Handler(token => OpenAsync(path, time, token)));
    }

    /// <inheritdoc/>
    public string Place { get; }

    /// <summary>Connects to a server.</summary>
    /// <param name="path">Path of its socket.</param>
    /// <param name="trace">Gets a line for each call, never with a secret.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="time">The clock for the limits of calls; null: the system's.</param>
    public static async Task<SocketConnection> ConnectAsync(
        string path, Action<string>? trace, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Stream first = await OpenAsync(path, time, cancellationToken).ConfigureAwait(false);
        return new SocketConnection(path, trace, time) { _first = first };
    }

    /// <inheritdoc/>
    public async Task<IServerConnection> ConnectAnotherAsync(CancellationToken cancellationToken)
        => await ConnectAsync(Place, _trace, cancellationToken, _time).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        _disconnected.TrySetResult();
        _calls.Dispose();
        _events.Dispose();
        _first?.Dispose();
        _ending.Dispose();
        _turn.Dispose();
    }

    /// <inheritdoc/>
    public Task<bool> IsServerThereAsync(CancellationToken cancellationToken) => Task.FromResult(true); // else nobody had taken the connection

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Client>> ListAsync(CancellationToken cancellationToken, Action<int>? read = null)
    {
        long begun = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await TryListAsync(read, cancellationToken).ConfigureAwait(false);
            }
            catch (ServerException e) when (e.Code == "too_many" && _time.GetElapsedTime(begun) < WebLimits.Call)
            {
                await Task.Delay(WebLimits.PauseWhileBusy, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<Client?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(WebJson.Default.Client, HttpMethod.Get, WebValues.PathOf(name), cancellationToken).ConfigureAwait(false);
        }
        catch (ServerException e) when (e.Code == "unknown_client")
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<string?> FindStateProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            ServerAnswer server = await CallAsync(WebJson.Default.ServerAnswer, HttpMethod.Get, "server", cancellationToken).ConfigureAwait(false);
            return server.StateProblem is { Length: > 0 } problem ? SafeText.From(problem) : null;
        }
        catch (ServerException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task EnableAsync(Client client, bool enable, CancellationToken cancellationToken)
        => CommandAsync(client, enable ? "enable" : "disable", cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(Client client, bool start, CancellationToken cancellationToken)
        => CommandAsync(client, start ? "check" : "stop-check", cancellationToken);

    /// <inheritdoc/>
    public Task CheckedOkAsync(Client client, CancellationToken cancellationToken) => CommandAsync(client, "checked-ok", cancellationToken);

    /// <inheritdoc/>
    public Task ApproveAsync(Client client, bool approve, CancellationToken cancellationToken)
        => CommandAsync(client, approve ? "approve" : "deny", cancellationToken);

    /// <inheritdoc/>
    public Task ExpectRebootAsync(Client client, RebootPlan plan, CancellationToken cancellationToken)
        => CommandAsync(client, "expect-reboot", ToJson(plan), cancellationToken);

    /// <inheritdoc/>
    public Task RehearseAsync(Client client, ulong milliseconds, CancellationToken cancellationToken)
        => CommandAsync(client, "rehearse", RehearsalJson(milliseconds), cancellationToken);

    /// <inheritdoc/>
    public Task PromoteAsync(Client client, CancellationToken cancellationToken) => CommandAsync(client, "promote", cancellationToken);

    private Task CommandAsync(Client client, string command, JsonObject body, CancellationToken cancellationToken)
    {
        string json = body.ToJsonString();
        return CommandAsync(client, command, cancellationToken, new StringContent(json, Encoding.UTF8, "application/json"), $" {json}");
    }

    private static JsonObject ToJson(RebootPlan plan) => new()
    {
        ["time"] = WebValues.ToDuration(plan.Milliseconds),
        ["reason"] = plan.Reason,
        ["needs_no_approval"] = plan.NeedsNoApproval,
    };

    private static JsonObject RehearsalJson(ulong milliseconds) => new() { ["valid"] = WebValues.ToDuration(milliseconds) };

    /// <inheritdoc/>
    public Task RemoveAsync(Client client, CancellationToken cancellationToken) => CommandAsync(client, "remove", cancellationToken);

    /// <inheritdoc/>
    public Task ChangeAsync(Client client, ClientSetting setting, object value, CancellationToken cancellationToken)
        => CommandAsync(client, "settings", SettingJson(setting, value), cancellationToken);

    private static JsonObject SettingJson(ClientSetting setting, object value) => new()
    {
        [setting.OptionName] = value switch
        {
            ulong milliseconds => WebValues.ToDuration(milliseconds),
            bool flag => flag,
            _ => (string)value,
        },
    };

    /// <inheritdoc/>
    public Task SetSecretAsync(Client client, byte[] secret, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(secret);
        content.Headers.ContentType = new("application/octet-stream");
        return CommandAsync(client, "secret", cancellationToken, content, $" Secret, {secret.Length} bytes");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Request>?> FindRequestsAsync(CancellationToken cancellationToken)
    {
        RequestsAnswer answer = await CallAsync(WebJson.Default.RequestsAnswer, HttpMethod.Get, "requests", cancellationToken).ConfigureAwait(false);
        // As on D-Bus: first those of the client that has waited longest
        return
        [
            .. answer.Requests.Select(static request => request.ToRequest()).OrderBy(static request => request.Id)
                .GroupBy(static request => request.Path).SelectMany(static requests => requests),
        ];
    }

    /// <inheritdoc/>
    public Task DecideAsync(ulong requestId, bool approve, CancellationToken cancellationToken)
        => CommandAsync($"requests/{Math.Min(requestId, long.MaxValue)}/{(approve ? "approve" : "deny")}", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KeptClient>> GetKeptAsync(CancellationToken cancellationToken)
    {
        KeptAnswer answer = await CallAsync(WebJson.Default.KeptAnswer, HttpMethod.Get, "kept", cancellationToken).ConfigureAwait(false);
        return
        [
            .. answer.Kept.Select(static kept => new KeptClient(
                kept.Name, kept.KeyId ?? "", kept.Fingerprint ?? "", SafeText.From(kept.State), WebValues.ToText(kept.Since))),
        ];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken)
    {
        UnknownKeysAnswer answer = await CallAsync(
            WebJson.Default.UnknownKeysAnswer, HttpMethod.Get, "unknown-keys", cancellationToken).ConfigureAwait(false);
        return
        [
            .. answer.UnknownKeys.Select(static key => new UnknownKey(
                key.KeyId, key.Address, key.Count, WebValues.ToText(key.First), WebValues.ToText(key.Last))),
        ];
    }

    /// <inheritdoc/>
    public Task ForgetAsync(string name, CancellationToken cancellationToken)
        => CommandAsync($"kept/{WebValues.Escape(name)}/forget", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<Examination> ExamineAsync(byte[] sections, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(sections);
        content.Headers.ContentType = new("application/octet-stream");
        try
        {
            return await CallAsync(
                WebJson.Default.Examination, HttpMethod.Post, "examine", cancellationToken, content: content, shown: $" {sections.Length} bytes")
                .ConfigureAwait(false);
        }
        catch (ServerException e) when (e.Code == "not_found")
        {
            throw new ServerException("this server does not take clients by --add: it is an older one; write them into its clients.conf");
        }
    }

    /// <inheritdoc/>
    public async Task<ServerGroup> GetServersAsync(CancellationToken cancellationToken)
    {
        ServersAnswer answer = await CallAsync(WebJson.Default.ServersAnswer, HttpMethod.Get, "servers", cancellationToken).ConfigureAwait(false);
        return answer.Group?.ToGroup() ?? throw new ServerException(
            "the server says: this server shares its state with no other; mandos-plugins.yaml(5) tells how several do");
    }

    /// <inheritdoc/>
    public async Task<ServerGroup?> FindServersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await CallAsync(WebJson.Default.ServersAnswer, HttpMethod.Get, "servers", cancellationToken).ConfigureAwait(false)).Group?.ToGroup();
        }
        catch (ServerException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task ReloadAsync(CancellationToken cancellationToken) => CommandAsync("reload", null, cancellationToken);

    /// <summary>The tokens that open the web API.</summary>
    public async Task<IReadOnlyList<TokenData>> GetTokensAsync(CancellationToken cancellationToken)
        => (await CallAsync(WebJson.Default.TokensAnswer, HttpMethod.Get, "tokens", cancellationToken).ConfigureAwait(false)).Tokens;

    /// <summary>Makes a token.</summary>
    /// <returns>What opens the door; the server never tells it again.</returns>
    public async Task<string> AddTokenAsync(string name, string scope, CancellationToken cancellationToken)
    {
        string json = JsonSerializer.Serialize(new NewToken(name, scope), WebJson.Default.NewToken);
        NewTokenAnswer answer = await CallAsync(
            WebJson.Default.NewTokenAnswer, HttpMethod.Post, "tokens", cancellationToken,
            content: new StringContent(json, Encoding.UTF8, "application/json"), shown: $" {json}").ConfigureAwait(false);
        return SafeText.From(answer.Token);
    }

    /// <summary>Revokes a token.</summary>
    public Task RevokeTokenAsync(string name, CancellationToken cancellationToken)
        => CommandAsync($"tokens/{WebValues.Escape(name)}/revoke", null, cancellationToken);

    private Task CommandAsync(Client client, string command, CancellationToken cancellationToken, HttpContent? content = null, string shown = "")
        => CommandAsync($"{client.Path}/{command}?id={client.Id}", client, cancellationToken, content, shown);

    private async Task CommandAsync(
        string path, Client? client, CancellationToken cancellationToken, HttpContent? content = null, string shown = "")
    {
        CommandAnswer answer = await CallAsync(
            WebJson.Default.CommandAnswer, HttpMethod.Post, path, cancellationToken, client, content, shown).ConfigureAwait(false);
        if (!answer.Durable)
        {
            throw new ServerException($"{About(client)}the server says: {Line(answer.Problem ?? "the change is not sure to outlast it")}")
            {
                IsNotSaved = true,
            };
        }
    }

    private async Task<IReadOnlyList<Client>> TryListAsync(Action<int>? read, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await SendAsync(_calls, HttpMethod.Get, "clients", null, "", cancellationToken).ConfigureAwait(false);
            var stream = new LimitedStream(
                await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), WebLimits.Call, _time);
            await using (stream.ConfigureAwait(false))
            {
                await RequireSuccessAsync(response, stream, null, cancellationToken).ConfigureAwait(false);
                List<Client> clients = await ClientsReader.ReadAsync(stream, read, cancellationToken).ConfigureAwait(false);
                return [.. clients.OrderBy(static client => client.Id)];
            }
        }
        catch (Exception e) when (Explain(e, null, cancellationToken) is { } explained)
        {
            throw explained;
        }
    }
}
