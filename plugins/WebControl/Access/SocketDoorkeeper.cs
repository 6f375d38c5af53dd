using System.Globalization;
using Mandos.WebControl.Serving;
using Mandos.WebControl.Unix;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Mandos.WebControl.Access;

/// <summary>At the Unix socket: whom its mode lets in may do everything, and the kernel says who it is.</summary>
/// <param name="site">Guards against other web sites.</param>
/// <param name="userHeader">The header by which a reverse proxy names the user; null for none.</param>
internal sealed class SocketDoorkeeper(SameSite site, string? userHeader) : IDoorkeeper
{
    private const int MostNameCharacters = 128;

    /// <inheritdoc/>
    public ValueTask<Caller> AdmitAsync(HttpContext context)
    {
        site.Require(context.Request);
        PeerCredentials peer = context.Features.GetRequiredFeature<UnixPeer>().Credentials;
        string user = string.Create(CultureInfo.InvariantCulture, $"uid {peer.UserId}");
        StringValues named = userHeader is null ? StringValues.Empty : context.Request.Headers[userHeader];
        if (named.Count > 0)
        {
            return ValueTask.FromResult(new Caller { User = NameOf(named), Address = $"proxy of {user}", Scope = Scope.Admin });
        }

        // With the header, a proxy is there. It may leave the header out only by mistake, and then nobody knows who it is.
        if (userHeader is not null && peer.UserId != 0 && peer.UserId != Libc.geteuid())
        {
            throw WebProblem.SignIn($"the header {userHeader} is missing, by which the proxy of {user} has to name the user");
        }

        return ValueTask.FromResult(new Caller
        {
            User = user,
            Address = string.Create(CultureInfo.InvariantCulture, $"pid {peer.ProcessId}"),
            Scope = Scope.Admin,
            IsLocal = true,
            MayReadSecrets = peer.UserId == 0 || peer.UserId == Libc.geteuid(),
        });
    }

    private string NameOf(StringValues named)
        => named is [{ Length: > 0 and <= MostNameCharacters } name] && name.Trim() == name && !name.Contains(',', StringComparison.Ordinal)
            && !name.Any(static c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufffd')
                ? name
                : throw WebProblem.SignIn($"the header {userHeader} has to have one name of {MostNameCharacters} characters at most, without commas");
}
