using System.Net;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Access;

/// <summary>
/// Sees that no other web site uses a person's browser: not by a name of its own that leads here (DNS rebinding), and not by a form or script that
/// sends something here (cross-site request forgery).
/// </summary>
/// <param name="hosts">The names of this server, in lower case. Where there are none, a proxy in front or the name in a certificate has to do.</param>
/// <param name="isProxied">Whether a proxy may be in front, so that any name is right if there are no <paramref name="hosts"/>.</param>
internal sealed class SameSite(IReadOnlyList<string> hosts, bool isProxied)
{
    /// <summary>Looks at a request.</summary>
    /// <exception cref="WebProblem">Another site sent it, or may have.</exception>
    public void Require(HttpRequest request)
    {
        if (request.Headers.Host is not [{ Length: > 0 } host] || !HostString.FromUriComponent(host).HasValue)
        {
            throw WebProblem.BadValue("the header Host has to be there once");
        }

        if (!IsOurs(host))
        {
            throw new WebProblem(
                StatusCodes.Status421MisdirectedRequest, "not_allowed", "this server does not have the name by which it was called; the setting hosts lists its names");
        }

        if (request.Method is "GET" or "HEAD")
        {
            return; // changes nothing, and others cannot read the answer
        }

        StringValues site = request.Headers["Sec-Fetch-Site"], origin = request.Headers.Origin;
        if (site.Count > 1 || origin.Count > 1 || !(site.Count == 1 ? site[0] is "same-origin" or "none" : origin.Count == 0 || IsSame(origin[0]!, host)))
        {
            throw WebProblem.NotAllowed("the request comes from another web site");
        }
    }

    private bool IsOurs(string host)
    {
        string name = HostString.FromUriComponent(host).Host.ToLowerInvariant();
        return hosts.Contains(name) || name == "localhost" || IPAddress.TryParse(name.Trim('[', ']'), out _) || (isProxied && hosts.Count == 0);
    }

    private static bool IsSame(string origin, string host) => Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
        && (string.Equals(uri.Authority, host, StringComparison.OrdinalIgnoreCase) || string.Equals($"{uri.Host}:{uri.Port}", host, StringComparison.OrdinalIgnoreCase));
}
