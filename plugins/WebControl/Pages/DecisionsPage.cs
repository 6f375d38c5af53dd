using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>What became of the connections that asked for a secret.</summary>
/// <param name="watch">What happened.</param>
internal sealed class DecisionsPage(ServerWatch watch)
{
    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes => [new("GET", "/decisions", Scope.Read, ShowAsync) { IsPage = true }];

    private Task ShowAsync(WebCall call)
    {
        IReadOnlyList<Decision> decisions = watch.Decisions;
        Html body = decisions.Count == 0 ? Html.Of($"<p id=\"nothing\">Nobody has asked for a secret since {Page.Time(watch.Since)}.</p>")
            : Html.Of($"""
                <table id="decisions">
                <caption>The last {decisions.Count} since {Page.Time(watch.Since)}; the audit log has all</caption>
                <thead><tr><th scope="col">Client</th><th scope="col">Outcome</th><th scope="col">Address</th><th scope="col">When</th></tr></thead>
                <tbody>{decisions.Select(Row)}</tbody>
                </table>
                """);
        return Page.WriteAsync(call.Context, call.Caller, "Decisions", body, "got_secret,rejected");
    }

    private static Html Row(Decision decision) => Html.Of($"""
        <tr><th scope="row">{Page.Name(decision.Client)}</th>
        <td data-label="Outcome" class="{(decision.Granted ? "good" : "bad")}">{decision.Outcome}{Html.If(decision.By is not null, () => Html.Of($", decided by <bdi>{decision.By}</bdi>"))}</td>
        <td data-label="Address">{ClientJson.Show(decision.Address)} <span class="faint">port {decision.Port}</span></td>
        <td data-label="When">{Page.Time(decision.At)}</td></tr>
        """);
}
