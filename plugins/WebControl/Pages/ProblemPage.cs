using Mandos.WebControl.Api;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Pages;

/// <summary>Tells people on a page what is wrong, and programs in JSON.</summary>
internal sealed class ProblemPage : IProblemTeller
{
    private readonly JsonAnswer _json = new();

    /// <inheritdoc/>
    public Task TellAsync(HttpContext context, Caller caller, Route? route, WebProblem problem)
    {
        // Of an address that there is not, only the browser can tell what it wants.
        bool isPage = route?.IsPage ?? context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
        if (!isPage)
        {
            return _json.TellAsync(context, caller, route, problem);
        }

        return problem.Status == StatusCodes.Status401Unauthorized && caller.User is null && context.Features.Get<UnixPeer>() is null
            ? Page.WriteAsync(context, caller, "Sign in", SignInPage.Form(route is null || route.Template == SignInPage.Path ? problem.Message : null))
            : Page.WriteAsync(context, caller, "That did not work", Html.Of($"""
                <p class="warning" role="alert" id="problem">{problem.Message}</p>
                <p><a href="/">Who waits now</a></p>
                """));
    }
}
