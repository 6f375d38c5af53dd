using Mandos.WebControl.Access;
using Mandos.WebControl.Api;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>Signs a browser in with a token, which it gives once; after that it has a cookie.</summary>
/// <param name="doorkeeper">Knows the tokens.</param>
/// <param name="sessions">The browsers that have signed in.</param>
internal sealed class SignInPage(TcpDoorkeeper doorkeeper, Sessions sessions)
{
    public const string Path = "/sign-in";

    private const string CookieAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes =>
    [
        new("GET", Path, Scope.Nothing, call => Page.WriteAsync(call.Context, call.Caller, "Sign in", Form(null))) { IsPage = true },
        new("POST", Path, Scope.Nothing, SignInAsync) { IsPage = true },
        new("POST", "/sign-out", Scope.Nothing, SignOutAsync) { IsPage = true },
    ];

    /// <summary>The form that takes a token.</summary>
    /// <param name="problem">What was wrong with the last one; null if there was none.</param>
    public static Html Form(string? problem) => Html.Of($"""
        {Html.If(problem is not null, () => Html.Of($"<p class=\"warning\" role=\"alert\" id=\"problem\">{problem}</p>"))}
        <form method="post" action="/sign-in" class="sign-in">
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required>
        <button id="sign-in" class="good">Sign in</button>
        </form>
        <p class="faint">An administrator makes one on the server with mandos-ctl.</p>
        """);

    private async Task SignInAsync(WebCall call)
    {
        string given = (await RequestBody.ReadFormAsync(call).ConfigureAwait(false)).TryGetValue("token", out var values) && values is [{ } text] ? text.Trim() : "";
        if (doorkeeper.FindToken(given, call.Context.Connection.RemoteIpAddress!) is not { } token)
        {
            throw WebProblem.SignIn("this is no token, or one that was revoked");
        }

        call.Response.Headers.SetCookie = $"{Sessions.CookieName}={sessions.Begin(token)}{CookieAttributes}; Max-Age={(int)Sessions.Length.TotalSeconds}";
        await Page.GoTo(call.Context, "/").ConfigureAwait(false);
    }

    private Task SignOutAsync(WebCall call)
    {
        if (call.Request.Cookies[Sessions.CookieName] is { } id)
        {
            sessions.End(id);
        }

        call.Response.Headers.SetCookie = $"{Sessions.CookieName}={CookieAttributes}; Max-Age=0";
        return Page.GoTo(call.Context, Path);
    }
}
