using System.Net;
using System.Net.Sockets;
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
    private readonly RateLimit _requests = new(burst: 200, perSecond: 20, time);
    private readonly RateLimit _guesses = new(burst: 10, perSecond: 1.0 / 6, time);
    private readonly RateLimit _lines = new(burst: 20, perSecond: 1.0 / 60, time);

    /// <inheritdoc/>
    public ValueTask<Caller> AdmitAsync(HttpContext context)
    {
        IPAddress address = context.Connection.RemoteIpAddress!;
        if (!_requests.TryTake(PlaceOf(address)))
        {
            throw WebProblem.TooMany("too many requests come from your network; try again in a while");
        }

        site.Require(context.Request);
        string from = ClientJson.Show(address);
        StringValues authorization = context.Request.Headers.Authorization;
        Caller? caller = authorization.Count > 0 ? ByToken(authorization, address)
            : ByCertificate(context.Connection.ClientCertificate) ?? ByCookie(context.Request);
        return ValueTask.FromResult((caller ?? Caller.Unknown) with { Address = from });
    }

    /// <summary>Looks a token up. Whoever has guessed too often is not told whether it is one.</summary>
    /// <param name="text">What was given as a token.</param>
    /// <param name="address">By whom.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="WebProblem">That address has guessed too often.</exception>
    public Token? FindToken(string text, IPAddress address)
    {
        string place = PlaceOf(address);
        if (!_guesses.Has(place))
        {
            throw WebProblem.TooMany("too many wrong tokens came from your network; try again in a minute");
        }

        if (tokens.Find(text) is { } token)
        {
            return token;
        }

        _guesses.TryTake(place);
        if (_lines.TryTake("")) // strangers cannot fill the log
        {
            LogWrongToken(address);
        }

        return null;
    }

    private Caller ByToken(StringValues authorization, IPAddress address)
    {
        const string Scheme = "Bearer ";
        return authorization is [{ } text] && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && FindToken(text[Scheme.Length..], address) is { } token
                ? new Caller { User = $"token {token.Name}", Scope = token.Scope, IsStillGood = () => tokens.Has(token) }
                : throw WebProblem.SignIn("this is no token, or one that was revoked");
    }

    private Caller? ByCertificate(X509Certificate2? certificate)
        => certificate is not null && certificates?.Find(certificate) is { } listed
            ? new Caller { User = $"certificate {listed.Name}", Scope = listed.Scope, IsStillGood = () => certificates.Find(certificate) == listed }
            : null;

    private Caller? ByCookie(HttpRequest request)
        => request.Cookies[Sessions.CookieName] is { } id && sessions.Find(id) is { } token
            ? new Caller { User = $"token {token.Name}", Scope = token.Scope, HasCookie = true, IsStillGood = () => sessions.Find(id) == token }
            : null;

    /// <summary>Who can have many IPv6 addresses has them in one /64.</summary>
    private static string PlaceOf(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        byte[] bytes = address.GetAddressBytes();
        return Convert.ToHexString(address.AddressFamily == AddressFamily.InterNetwork ? bytes : bytes[..8]);
    }
}
