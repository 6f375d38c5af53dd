using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Pages;

/// <summary>One client: what it is, what happened to it, and what can be done.</summary>
internal sealed class ClientPage
{
    private static readonly TimeSpan _rehearsalTime = TimeSpan.FromMinutes(10);

    /// <summary>For how long a reboot can be expected here, as the form has it.</summary>
    private static readonly (string Value, string Text)[] _rebootTimes =
        [("PT10M", "10 minutes"), ("PT30M", "30 minutes"), ("PT2H", "2 hours"), ("P1D", "a day"), ("P7D", "7 days")];

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
            new("POST", "/clients/{name}/expect-reboot", Scope.Admin, ExpectRebootAsync) { IsPage = true },
            Command("no-reboot", Scope.Admin, (client, source, token) => server.ExpectRebootAsync(client, RebootPlan.None, source, token)),
            Command("rehearse", Scope.Admin, (client, source, token) => server.RehearseAsync(client, _rehearsalTime, source, token)),
            Command("promote", Scope.Admin, server.PromoteAsync),
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

    private async Task ExpectRebootAsync(WebCall call)
    {
        ClientSnapshot client = await ApiRoutes.FindAsync(_server, call).ConfigureAwait(false);
        Dictionary<string, StringValues> form = await RequestBody.ReadFormAsync(call).ConfigureAwait(false);
        string reason = form.GetValueOrDefault("reason").ToString().Trim();
        var plan = new RebootPlan(IsoDuration.TryParse(form.GetValueOrDefault("time").ToString(), out TimeSpan time) ? time
            : throw WebProblem.BadValue("the time of a reboot has to be a duration, such as PT30M"))
        {
            Reason = reason.Length == 0 ? null : reason,
            NeedsNoApproval = form.ContainsKey("no_approval"),
        };
        CommandResult result = await _server.ExpectRebootAsync(client, plan, call.Caller.Source, call.Aborted).ConfigureAwait(false);
        await Outcome.TellAsync(call, result, Page.AddressOf(client)).ConfigureAwait(false);
    }

    private async Task ShowAsync(WebCall call)
    {
        ClientSnapshot client = await ApiRoutes.FindAsync(_server, call).ConfigureAwait(false);
        await Page.WriteAsync(call.Context, call.Caller, client.Name, Html.Of($"""
            {Html.If(client.Requests.Count > 0, () => Html.Of($"<p class=\"warning\"><a href=\"{WaitingPage.AddressOf(client)}\">{client.Requests.Count} request(s) of this client wait for approval</a></p>"))}
            {Buttons(client, call.Caller.Scope)}
            {RebootForm(client, call.Caller.Scope)}
            <h2 id="state">State</h2>
            <dl aria-labelledby="state">
            <dt>State</dt><dd>{Page.State(client)}</dd>
            <dt>Expires</dt><dd>{(client.Expires is null ? Html.Of($"–") : Page.Time(client.Expires))}</dd>
            <dt>Expected reboot</dt><dd id="reboot">{RebootOf(client)}</dd>
            <dt>Last boot or rehearsal</dt><dd id="proven">{BootOf(client)}</dd>
            <dt>Last seen alive</dt><dd>{Page.Time(client.LastCheckedOk)}</dd>
            <dt>Last check</dt><dd>{Words.LastCheckOf(client)}{(client.CheckerRunning ? ", and one runs now" : "")}</dd>
            <dt>Last enabled</dt><dd>{Page.Time(client.LastEnabled)}</dd>
            <dt>Last asked for approval</dt><dd>{Page.Time(client.LastApprovalRequest)}</dd>
            <dt>Created</dt><dd>{Page.Time(client.Created)}</dd>
            <dt>From</dt><dd>{(client.Origin == ClientOrigin.Command ? "a command" : "the files")}</dd>
            <dt>Key</dt><dd class="key">{client.Settings.KeyId ?? client.Settings.Fingerprint}</dd>
            {NextKeyOf(client, call.Caller.Scope)}
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

    private static Html RebootOf(ClientSnapshot client) => client.ExpectedReboot is not { } reboot ? Html.Of($"–") : Html.Of(
        $"until {Page.Time(reboot.Until)}{(reboot.NeedsNoApproval ? ", without approval" : "")}{(reboot.Reason is { } reason ? $": {reason}" : "")}");

    private static Html NextKeyOf(ClientSnapshot client, Scope scope)
    {
        if (client.Rotation is not { } rotation)
        {
            return Html.Nothing;
        }

        if (rotation.NextKeyId is not { } next)
        {
            return Html.Of($"<dt>Retired key</dt><dd class=\"key\" id=\"retired\">{rotation.RetiredKeyId}, since {Page.Time(rotation.PromotedAt)}</dd>");
        }

        Html state = rotation.TriedAt is { } at ? Html.Of($"tried {Page.Time(at)}") : Html.Of($"has not got its secret yet");
        return Html.Of($"""
            <dt>Next key</dt><dd id="next-key"><span class="key">{next}</span>, {state}
            {Html.If(scope >= Scope.Admin, () => Page.Button("promote", Page.AddressOf(client, "/promote"), "Promote now", $"Promote now: {client.Name}", "bad"))}</dd>
            """);
    }

    private Html BootOf(ClientSnapshot client)
    {
        Html known = _server.Info.Group is not null ? Html.Of($"not known where servers share their state")
            : client.ProvenAt is { } at ? Page.Time(at) : Html.Of($"none with its present key, secret and host");
        return client.RehearsalUntil is { } until ? Html.Of($"{known}; its next request until {Page.Time(until)} is a rehearsal") : known;
    }

    private Html RebootForm(ClientSnapshot client, Scope scope)
    {
        if (scope < Scope.Admin || !client.Enabled || _server.Info.Group is not null)
        {
            return Html.Nothing;
        }

        return Html.Of($"""
            <details><summary>Reboot and rehearsal</summary>
            <form method="post" action="{Page.AddressOf(client, "/expect-reboot")}" class="filter">
            <label for="reboot-time">Expect a reboot for</label>
            <select id="reboot-time" name="time">{_rebootTimes.Select(static time => Html.Of($"<option value=\"{time.Value}\">{time.Text}</option>"))}</select>
            <label for="reboot-reason">Reason</label>
            <input id="reboot-reason" name="reason" maxlength="{ClientLimits.RebootReasonLength}">
            <label><input type="checkbox" name="no_approval" value="yes"> without approval</label>
            <button id="expect-reboot" aria-label="Expect a reboot: {client.Name}">Expect a reboot</button>
            </form>
            <div class="buttons">
            {Html.If(client.ExpectedReboot is not null, () => Page.Button("no-reboot", Page.AddressOf(client, "/no-reboot"), "Expect no reboot", $"Expect no reboot: {client.Name}", "bad"))}
            {Page.Button("rehearse", Page.AddressOf(client, "/rehearse"), "Rehearse the boot", $"Rehearse the boot: {client.Name}")}
            </div>
            </details>
            """);
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
