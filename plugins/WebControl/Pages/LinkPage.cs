using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Pages;

/// <summary>
/// Where the links in messages lead: the page shows what a link would do, and its button does it. The link is all that is asked for, since a person
/// who is called at night is not signed in.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="lists">Reads all clients.</param>
/// <param name="watch">Is told who decides.</param>
/// <param name="time">The clock.</param>
internal sealed class LinkPage(IMandosServer server, ClientLists lists, ServerWatch watch, TimeProvider time)
{
    private const string Path = "/link/{token}";

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes =>
    [
        new("GET", Path, Scope.Nothing, ShowAsync) { IsPage = true },
        new("POST", Path, Scope.Nothing, ActAsync) { IsPage = true },
    ];

    private async Task ShowAsync(WebCall call)
    {
        (WaitingRequest waiting, bool approved) = await ReadAsync(call).ConfigureAwait(false);
        string verb = approved ? "Approve" : "Deny";
        await Page.WriteAsync(call.Context, call.Caller, $"{verb} this request?", Html.Of($"""
            <h2>{Page.Name(waiting.Client.Name)}</h2>
            {WaitingPage.Describe(waiting, time)}
            <div class="buttons">{Page.Button("decide", $"/link/{call["token"]}", verb, $"{verb} the request of {waiting.Client.Name} from {waiting.Address}", approved ? "good" : "bad")}</div>
            """)).ConfigureAwait(false);
    }

    private async Task ActAsync(WebCall call)
    {
        (WaitingRequest waiting, bool approved) = await ReadAsync(call).ConfigureAwait(false);
        Caller who = call.Caller with { User = call.Caller.User is { } user ? $"{user}, by a link" : "whoever has the link" };
        CommandResult result = await watch.DecideAsync(
            [waiting.Request.Id], who.User, () => server.DecideAsync(waiting.Request.Id, approved, who.Source, call.Aborted)).ConfigureAwait(false);
        await Page.WriteAsync(call.Context, call.Caller, result.IsDurable ? "Done" : "Done, but", Html.Of($"""
            <p id="done">The request of {Page.Name(waiting.Client.Name)} from {waiting.Address} is {(approved ? "approved" : "denied")}.</p>
            {Html.If(!result.IsDurable, () => Html.Of($"<p class=\"warning\" role=\"alert\" id=\"problem\">{result.Problem}</p>"))}
            """)).ConfigureAwait(false);
    }

    /// <exception cref="WebProblem">The token is none of this run of the server, or its request waits no more. Both are told alike.</exception>
    private async Task<(WaitingRequest Waiting, bool Approved)> ReadAsync(WebCall call)
    {
        if (server.Links.TryRead(call["token"], out long id, out bool approved))
        {
            IReadOnlyList<WaitingRequest> requests = await lists.ReadAsync(call, WaitingRequest.Of).ConfigureAwait(false);
            if (requests.FirstOrDefault(waiting => waiting.Request.Id == id) is { } found)
            {
                call.Context.Features.Get<PortPlace>()?.NoteKnown(); // whoever has the link is no stranger
                return (found, approved);
            }
        }

        throw new WebProblem(StatusCodes.Status404NotFound, "not_found", "this link is not good, or not any more: its request was decided, or waits no more");
    }
}
