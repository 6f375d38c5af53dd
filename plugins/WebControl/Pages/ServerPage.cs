using System.Globalization;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>The server, its plugins, and the servers that share its state.</summary>
/// <param name="server">The server.</param>
internal sealed class ServerPage(IMandosServer server)
{
    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes => [new("GET", "/server", Scope.Read, ShowAsync) { IsPage = true }];

    private async Task ShowAsync(WebCall call)
    {
        ServerInfo info = server.Info;
        IReadOnlyList<UnknownKey> unknown = await server.GetUnknownKeysAsync(call.Aborted).ConfigureAwait(false);
        IReadOnlyList<Invitation> invitations = server.Invitations is { } all ? await all.ListAsync(call.Aborted).ConfigureAwait(false) : [];
        await Page.WriteAsync(call.Context, call.Caller, "Server", Html.Of($"""
            {Html.If(info.StateProblem is not null, () => Html.Of($"<p class=\"warning\" role=\"alert\">Changes are not on disk now: {info.StateProblem}</p>"))}
            <dl>
            <dt>Version</dt><dd>{info.Version}</dd>
            <dt>Service</dt><dd>{info.ServiceName}</dd>
            <dt>Listens on</dt><dd>{info.EndPoints.Select(static (endPoint, i) => Html.Of($"{(i > 0 ? ", " : "")}{endPoint.ToString()}"))}</dd>
            </dl>
            <h2>Plugins</h2>
            <table id="plugins">
            <thead><tr><th scope="col">Name</th><th scope="col">Version</th><th scope="col">Kind</th><th scope="col">State</th></tr></thead>
            <tbody>{info.Plugins.Select(Row)}</tbody>
            </table>
            {Html.If(info.Group is not null, () => Show(info.Group!))}
            {Html.If(invitations.Count > 0, () => Show(invitations))}
            {Html.If(unknown.Count > 0, () => Show(unknown))}
            """)).ConfigureAwait(false);
    }

    private static Html Row(PluginInfo plugin) => Html.Of($"""
        <tr><th scope="row">{plugin.Name}</th><td data-label="Version">{plugin.Version}</td><td data-label="Kind">{plugin.Kind}</td>
        <td data-label="State">{plugin.State}{Html.If(plugin.Reason is not null, () => Html.Of($": {plugin.Reason}"))}</td></tr>
        """);

    private static Html Show(ServerGroup group) => Html.Of($"""
        <h2>Servers that share the state</h2>
        <table id="servers">
        <caption>The last change of control is {group.Revision}.</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Has confirmed</th><th scope="col">Last sync</th><th scope="col">May release secrets for</th></tr></thead>
        <tbody>{group.Servers.Select(Row)}</tbody>
        </table>
        """);

    private static Html Show(IReadOnlyList<Invitation> invitations) => Html.Of($"""
        <h2>Invitations</h2>
        <table id="invitations">
        <caption>Compare the key ID of what has arrived with that on the machine's terminal. Root accepts it on the server: mandos-ctl --accept NAME.</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Until (UTC)</th><th scope="col">Arrived (UTC)</th><th scope="col">Address</th><th scope="col">Key ID</th></tr></thead>
        <tbody>{invitations.Select(Row)}</tbody>
        </table>
        """);

    private static Html Row(Invitation invitation) => Html.Of($"""
        <tr><th scope="row">{invitation.Name}</th><td data-label="Until">{Moment(invitation.Until)}</td>
        <td data-label="Arrived">{(invitation.Arrived is { } arrived ? Moment(arrived) : "not yet")}</td>
        <td data-label="Address">{invitation.Address?.ToString() ?? ""}</td><td data-label="Key ID" class="key">{invitation.KeyId ?? ""}</td></tr>
        """);

    private static Html Show(IReadOnlyList<UnknownKey> keys) => Html.Of($"""
        <h2>Keys of no client</h2>
        <table id="unknown-keys">
        <caption>They asked, and got nothing.</caption>
        <thead><tr><th scope="col">Key ID</th><th scope="col">Address</th><th scope="col">Asked</th><th scope="col">First (UTC)</th><th scope="col">Last (UTC)</th></tr></thead>
        <tbody>{keys.Select(Row)}</tbody>
        </table>
        """);

    private static Html Row(UnknownKey key) => Html.Of($"""
        <tr><th scope="row" class="key">{key.KeyId}</th><td data-label="Address">{key.Address.ToString()}</td><td data-label="Asked">{key.Count}</td>
        <td data-label="First">{Moment(key.First)}</td><td data-label="Last">{Moment(key.Last)}</td></tr>
        """);

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static Html Row(KnownServer known) => Html.Of($"""
        <tr><th scope="row">{Page.Name(known.Name)}{(known.IsSelf ? " (this one)" : "")}</th>
        <td data-label="Has confirmed">{known.Confirmed}{(known.IsAwaited ? ", a command waits for it" : "")}</td>
        <td data-label="Last sync">{(known.SinceSync is { } since ? Words.Of(since) + " ago" : "unknown")}</td>
        <td data-label="May release for">{(known.PermissionLeft is { } left ? Words.Of(left) : "unknown")}</td></tr>
        """);
}
