using System.Net;
using System.Text;
using Mandos.Abstractions.Control;

namespace Mandos.TestKit.Control;

/// <summary>Invitations as a control surface meets them: one at a time, on which something arrives at once.</summary>
public sealed class FakeInvitations : IInvitations
{
    private readonly List<CommandSource> _sources = [];
    private Invitation? _invitation;

    /// <summary>Who gave commands.</summary>
    public IReadOnlyList<CommandSource> Sources => _sources;

    /// <summary>Whether nobody is trusted.</summary>
    public bool TrustsNobody { get; set; }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Invitation>> ListAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult<IReadOnlyList<Invitation>>(_invitation is null ? [] : [_invitation]);

    /// <inheritdoc/>
    public Task<NewInvitation> InviteAsync(string name, TimeSpan valid, CommandSource source, CancellationToken cancellationToken)
    {
        Trust(source);
        _invitation = new Invitation
        {
            Name = name,
            Created = DateTimeOffset.UnixEpoch,
            Until = DateTimeOffset.UnixEpoch + valid,
            Arrived = DateTimeOffset.UnixEpoch,
            Address = IPAddress.IPv6Loopback,
            KeyId = "AB",
        };
        return Task.FromResult(new NewInvitation("secret", "abcd", _invitation.Until));
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> ReadAsync(string name, CommandSource source, CancellationToken cancellationToken)
    {
        Trust(source);
        return ValueTask.FromResult(Encoding.ASCII.GetBytes($"[{Find(name).Name}]"));
    }

    /// <inheritdoc/>
    public Task EndAsync(string name, bool isAccepted, CommandSource source, CancellationToken cancellationToken)
    {
        Trust(source);
        _ = Find(name);
        _invitation = null;
        return Task.CompletedTask;
    }

    private Invitation Find(string name) => _invitation?.Name == name ? _invitation : throw new InvitationException($"nobody is invited by the name “{name}”");

    private void Trust(CommandSource source)
    {
        _sources.Add(source);
        if (TrustsNobody)
        {
            throw new UnauthorizedAccessException("only root");
        }
    }
}
