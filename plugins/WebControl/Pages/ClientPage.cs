using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>One client: what it is, what happened to it, and what can be done.</summary>
internal sealed class ClientPage
{
    private readonly IMandosServer _server;
    private readonly ServerWatch _watch;
    private readonly TimeProvider _time;

    /// <param name="server">The server.</param>
    /// <param name="watch">What happened.</param>
    /// <param name="time">The clock.</param>
    public ClientPage(IMandosServer server, ServerWatch watch, TimeProvider time)
    {
        (_server, _watch, _time) = (server, watch, time);
        Routes =
        [
            new("GET", "/clients/{name}", Scope.Read, ShowAsync) { IsPage = true },
            Command("enable", Scope.Admin, server.EnableAsync),
            Command("disable", Scope.Admin, server.DisableAsync),
            Command("check", Scope.Admin, server.StartCheckerAsync),
            Command("approve", Scope.Approve, (client, source, token) => server.ApproveAsync(client, approved: true, source, token)),
            Command("deny", Scope.Approve, (client, source, token) => server.ApproveAsync(client, approved: false, source, token)),
        ];
    }

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes { get; }

    private Route Command(string verb, Scope scope, Func<ClientReference, CommandSource, CancellationToken, Task<CommandResult>> command)
        => new("POST", $"/clients/{{name}}/{verb}", scope, async call =>
        {
            ClientSnapshot client = await ApiRoutes.FindAsync(_server, call).ConfigureAwait(false);
            IEnumerable<SecretRequest> decided = verb is "approve" or "deny" ? client.Requests : [];
            CommandResult result = await _watch.DecideAsync(
                decided.Select(static request => request.Id), call.Caller.User, () => command(client, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
            await Outcome.TellAsync(call, result, Page.AddressOf(client)).ConfigureAwait(false);
        })
        {
            IsPage = true,
        };

    private async Task ShowAsync(WebCall call)
    {
        ClientSnapshot client = await ApiRoutes.FindAsync(_server, call).ConfigureAwait(false);
        await Page.WriteAsync(call.Context, call.Caller, client.Name, Html.Of($"""
            {Html.If(client.Requests.Count > 0, () => Html.Of($"<p class=\"warning\"><a href=\"{WaitingPage.AddressOf(client)}\">{client.Requests.Count} request(s) of this client wait for approval</a></p>"))}
            {Buttons(client, call.Caller.Scope)}
            <h2 id="state">State</h2>
            <dl aria-labelledby="state">
            <dt>State</dt><dd>{Page.State(client)}</dd>
            <dt>Expires</dt><dd>{(client.Expires is null ? Html.Of($"–") : Page.Time(client.Expires))}</dd>
            <dt>Last seen alive</dt><dd>{Page.Time(client.LastCheckedOk)}</dd>
            <dt>Last check</dt><dd>{Words.LastCheckOf(client)}{(client.CheckerRunning ? ", and one runs now" : "")}</dd>
            <dt>Last enabled</dt><dd>{Page.Time(client.LastEnabled)}</dd>
            <dt>Last asked for approval</dt><dd>{Page.Time(client.LastApprovalRequest)}</dd>
            <dt>Created</dt><dd>{Page.Time(client.Created)}</dd>
            <dt>From</dt><dd>{(client.Origin == ClientOrigin.Command ? "a command" : "the files")}</dd>
            <dt>Key</dt><dd class="key">{client.Settings.KeyId ?? client.Settings.Fingerprint}</dd>
            </dl>
            <h2 id="history">What happened</h2>
            {Timeline.Of(_watch.MomentsOf(client), _watch.Since, _time.GetUtcNow())}
            <h2 id="settings">Settings</h2>
            <dl aria-labelledby="settings" class="settings">{ClientSetting.All.Select(setting => Show(setting, client.Settings))}</dl>
            """)).ConfigureAwait(false);
    }

    private static Html Buttons(ClientSnapshot client, Scope scope)
    {
        Html state = scope < Scope.Admin ? Html.Nothing
            : client.Enabled ? Button("disable", "Disable", "bad") : Button("enable", "Enable", "good");
        Html check = scope < Scope.Admin ? Html.Nothing : Button("check", "Check now");
        Html approval = scope < Scope.Approve || client.Settings.ApprovalDelay == TimeSpan.Zero ? Html.Nothing
            : Html.Of($"{Button("approve", "Approve for a while")}{Button("deny", "Deny for a while")}");
        return Html.Of($"<div class=\"buttons\">{state}{check}{approval}</div>");

        Html Button(string verb, string text, string style = "") => Page.Button(verb, Page.AddressOf(client, $"/{verb}"), text, $"{text}: {client.Name}", style);
    }

    private static Html Show(ClientSetting setting, ClientSettings settings)
    {
        string value = setting switch
        {
            ClientSetting<string> text => text.Get(settings),
            ClientSetting<bool> flag => flag.Get(settings) ? "yes" : "no",
            ClientSetting<TimeSpan> duration => IsoDuration.Format(duration.Get(settings)),
            _ => "",
        };
        return Html.Of($"<dt>{setting.OptionName}</dt><dd>{value}</dd>");
    }
}
