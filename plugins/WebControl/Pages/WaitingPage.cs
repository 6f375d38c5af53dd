using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>Who waits for approval now: each request by itself, since an approval is for one machine.</summary>
/// <param name="server">The server.</param>
/// <param name="lists">Reads all clients.</param>
/// <param name="watch">Is told who decides.</param>
/// <param name="time">The clock.</param>
internal sealed class WaitingPage(IMandosServer server, ClientLists lists, ServerWatch watch, TimeProvider time)
{
    /// <summary>As many are shown at once: after a power cut all machines may wait, and each of them has the page shown again.</summary>
    private const int MostShown = 100;

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes =>
    [
        new("GET", "/", Scope.Read, ShowAsync) { IsPage = true },
        new("POST", "/requests/{id}/approve", Scope.Approve, call => DecideAsync(call, approved: true)) { IsPage = true },
        new("POST", "/requests/{id}/deny", Scope.Approve, call => DecideAsync(call, approved: false)) { IsPage = true },
    ];

    private async Task ShowAsync(WebCall call)
    {
        string? only = call.Query("client");
        IReadOnlyList<WaitingRequest> requests = await lists.ReadAsync(
            call, clients => WaitingRequest.Of(only is null ? clients : clients.Where(client => client.Name == only))).ConfigureAwait(false);
        bool mayDecide = call.Caller.Scope >= Scope.Approve;
        Html body = requests.Count == 0 ? Html.Of($"<p id=\"nobody\">No machine waits for approval.</p>")
            : Html.Of($"""
                <ul class="cards" id="requests">{requests.Take(MostShown).Select(request => Show(request, mayDecide))}</ul>
                {Html.If(requests.Count > MostShown, () => Html.Of($"<p id=\"more\">{requests.Count - MostShown} more wait, who came later: <a href=\"/clients?state=waiting\">all clients that wait</a></p>"))}
                """);
        Html problem = server.Info.StateProblem is { } reason
            ? Html.Of($"<p class=\"warning\" role=\"alert\">Changes are not on disk now: {reason}</p>") : Html.Nothing;
        await Page.WriteAsync(
            call.Context, call.Caller, "Waiting for approval", Html.Of($"{problem}{body}"), "need_approval,got_secret,rejected,client_removed").ConfigureAwait(false);
    }

    /// <summary>The address of the page with the requests of one client alone.</summary>
    public static string AddressOf(ClientSnapshot client) => $"/?client={Uri.EscapeDataString(client.Name)}";

    private Html Show(WaitingRequest waiting, bool mayDecide)
    {
        SecretRequest request = waiting.Request;
        string path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/requests/{request.Id}");
        string which = $"request {request.Id} of {waiting.Client.Name} from {waiting.Address}";
        return Html.Of($"""
            <li class="card" id="request-{request.Id}">
            <h2>{Page.Link(waiting.Client)}</h2>
            {Describe(waiting, time)}
            {Html.If(mayDecide, () => Html.Of($"""
                <div class="buttons">
                {Page.Button(path[1..].Replace('/', '-') + "-approve", path + "/approve", "Approve", "Approve " + which, "good")}
                {Page.Button(path[1..].Replace('/', '-') + "-deny", path + "/deny", "Deny", "Deny " + which, "bad")}
                </div>
                """))}
            </li>
            """);
    }

    /// <summary>What a person has to know to decide.</summary>
    /// <param name="waiting">The request.</param>
    /// <param name="time">The clock.</param>
    public static Html Describe(WaitingRequest waiting, TimeProvider time)
    {
        SecretRequest request = waiting.Request;
        Html warning = Html.If(waiting.IsKeyShared, () => Html.Of($"""
            <p class="warning" role="alert">Another machine with the same key waits, from another address. Two machines hold this key: perhaps
            somebody has copied it. Approve only the one that you know.</p>
            """));
        Html left = waiting.TimeLeft(time.GetUtcNow()) is not { } rest ? Html.Of($"less than a second")
            : Html.Of($"<span data-left=\"{(long)rest.TotalSeconds}\">{Words.Of(rest)}</span>, then it is {(waiting.Client.Settings.ApprovedByDefault ? "approved" : "denied")}");
        return Html.Of($"""
            {warning}
            <dl>
            <dt>Address</dt><dd>{waiting.Address} <span class="faint">port {request.Peer.Port}</span></dd>
            {Html.If(waiting.Interface is not null, () => Html.Of($"<dt>Interface</dt><dd>{waiting.Interface}</dd>"))}
            {Html.If(waiting.Client.Settings.Location.Length > 0, () => Html.Of($"<dt>Location</dt><dd>{waiting.Client.Settings.Location}</dd>"))}
            <dt>Key</dt><dd class="key">{request.KeyId}</dd>
            <dt>Waits since</dt><dd>{Page.Time(request.Since)}</dd>
            <dt>Last seen alive</dt><dd>{Page.Time(waiting.Client.LastCheckedOk)}</dd>
            <dt>Time left</dt><dd>{left}</dd>
            </dl>
            """);
    }

    private async Task DecideAsync(WebCall call, bool approved)
    {
        long id = call.Number("id");
        CommandResult result = await watch.DecideAsync(
            [id], call.Caller.User, () => server.DecideAsync(id, approved, call.Caller.Source, call.Aborted)).ConfigureAwait(false);
        await Outcome.TellAsync(call, result, "/").ConfigureAwait(false);
    }
}
