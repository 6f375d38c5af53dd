using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Invites machines, and takes up what they send.</summary>
internal sealed partial class SocketConnection
{
    private const string Invitations = "invitations";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Invitation>> GetInvitationsAsync(CancellationToken cancellationToken)
    {
        InvitationsAnswer answer = await InvitationCallAsync(WebJson.Default.InvitationsAnswer, HttpMethod.Get, Invitations, null, cancellationToken)
            .ConfigureAwait(false);
        return [.. answer.Invitations.Select(static one => one.ToInvitation())];
    }

    /// <inheritdoc/>
    public async Task<NewInvitation> InviteAsync(string name, ulong milliseconds, CancellationToken cancellationToken)
    {
        string valid = WebValues.ToDuration(milliseconds);
        NewInvitationAnswer made = await InvitationCallAsync(
            WebJson.Default.NewInvitationAnswer, HttpMethod.Post, Invitations,
            JsonContent.Create(new InvitedData(name, valid), WebJson.Default.InvitedData), cancellationToken).ConfigureAwait(false);
        return new NewInvitation(made.Token, made.Pin, made.EndPoints, WebValues.ToText(made.Until));
    }

    /// <inheritdoc/>
    public async Task<byte[]> GetInvitedSectionAsync(string name, CancellationToken cancellationToken)
        => (await InvitationCallAsync(
            WebJson.Default.InvitedSectionAnswer, HttpMethod.Get, $"{Invitations}/{WebValues.Escape(name)}/section", null, cancellationToken)
            .ConfigureAwait(false)).Section;

    /// <inheritdoc/>
    public Task EndInvitationAsync(string name, bool accepted, CancellationToken cancellationToken)
        => InvitationCallAsync(
            WebJson.Default.CommandAnswer, HttpMethod.Post, $"{Invitations}/{WebValues.Escape(name)}/end",
            JsonContent.Create(new InvitationEnd(accepted), WebJson.Default.InvitationEnd), cancellationToken);

    private async Task<T> InvitationCallAsync<T>(
        JsonTypeInfo<T> type, HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(type, method, path, cancellationToken, content: content).ConfigureAwait(false);
        }
        catch (ServerException e) when (e.Code == "not_found")
        {
            throw ServerException.NoInvitations;
        }
    }
}
