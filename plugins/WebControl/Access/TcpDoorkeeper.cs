using System.Net;
using System.Security.Cryptography.X509Certificates;
using Mandos.WebControl.Api;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Access;

/// <summary>On TCP, where anybody may come: knows who shows a certificate that is listed, a token, or the cookie of a browser that signed in with one.</summary>
internal sealed partial class TcpDoorkeeper(
    SameSite site, TokenStore tokens, Sessions sessions, ClientCertificates? certificates, TimeProvider time, ILogger logger) : IDoorkeeper
{
    private readonly ILogger _logger = logger;
    private readonly RateLimit _requests = RateLimit.OfRequests(time);
    private readonly RateLimit _guesses = new(burst: 10, perSecond: 1.0 / 6, time);
    private readonly RateLimit _lines = new(burst: 20, perSecond: 1.0 / 60, time);

    /// <inheritdoc/>
    public ValueTask<Caller> AdmitAsync(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress!;
        site.Require(context.Request);
        StringValues authorization = context.Request.Headers.Authorization;
        Caller? caller = authorization.Count > 0 ? ByToken(authorization, address)
            : ByCertificate(context.Connection.ClientCertificate) ?? ByCookie(context.Request);

        // Somebody who is known has a limit of their own: strangers behind the same address must not use it up.
        string place = Place.Of(address);
        if (!_requests.TryTake(caller is null ? place : $"{place} {caller.User}"))
        {
            throw RateLimit.TooManyRequests();
        }

        return authorization.Count > 0 && caller is null ? throw WebProblem.SignIn("this is no token, or one that was revoked")
            : ValueTask.FromResult((caller ?? Caller.Unknown) with { Address = ClientJson.Show(address) });
    }

    /// <summary>Looks a token up. A right one is always known, so that whoever guesses locks out nobody: 256 random bits are not guessed.</summary>
    /// <param name="text">What was given as a token.</param>
    /// <param name="address">By whom.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="WebProblem">There is none, and that address has guessed too often.</exception>
    public Token? FindToken(string text, IPAddress address)
    {
        if (tokens.Find(text) is { } token)
        {
            return token;
        }

        if (!_guesses.TryTake(Place.Of(address)))
        {
            throw WebProblem.TooMany("too many wrong tokens came from your network; try again in a minute");
        }

        if (_lines.TryTake("")) // strangers cannot fill the log
        {
            LogWrongToken(address);
        }

        return null;
    }

    private Caller? ByToken(StringValues authorization, IPAddress address)
    {
        const string Scheme = "Bearer ";
        return authorization is [{ } text] && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && FindToken(text[Scheme.Length..], address) is { } token
                ? new Caller { User = $"token {token.Name}", Scope = token.Scope, IsStillGood = () => tokens.Has(token) }
                : null;
    }

    private Caller? ByCertificate(X509Certificate2? certificate)
        => certificate is not null && certificates?.Find(certificate) is { } listed
            ? new Caller { User = $"certificate {listed.Name}", Scope = listed.Scope, IsStillGood = () => certificates.Find(certificate) == listed }
            : null;

    private Caller? ByCookie(HttpRequest request)
        => request.Cookies[Sessions.CookieName] is { } id && sessions.Find(id) is { } token
            ? new Caller { User = $"token {token.Name}", Scope = token.Scope, HasCookie = true, IsStillGood = () => sessions.Find(id) == token }
            : null;
}
