using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers.Locating;
using Mandos.Ctl.Servers.Web;

namespace Mandos.Ctl.Commands;

/// <summary>Lists, makes and revokes the tokens of the web API, which the server lets nobody do but by its socket.</summary>
internal static class TokenCommand
{
    private static readonly (string Title, Func<TokenData, string> Text)[] _columns =
    [
        ("Name", static token => token.Name),
        ("Scope", static token => token.Scope),
        ("Created", static token => WebValues.ToText(token.Created)),
    ];

    /// <summary>Does what the options ask for.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(ServerLocation location, CtlArguments given, CancellationToken cancellationToken)
    {
        SocketConnection server = await location.ConnectToSocketAsync(cancellationToken).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            if (given.Get("add-token") is { } added)
            {
                Console.Out.WriteLine(await server.AddTokenAsync(added, given.Get("scope")!, cancellationToken).ConfigureAwait(false));
            }
            else if (given.Get("revoke-token") is { } revoked)
            {
                await server.RevokeTokenAsync(revoked, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                TableText.Write(Console.Out, await server.GetTokensAsync(cancellationToken).ConfigureAwait(false), _columns);
            }

            return 0;
        }
    }
}
