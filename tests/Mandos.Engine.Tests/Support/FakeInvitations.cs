using Mandos.Engine.Invitations;

namespace Mandos.Engine.Tests.Support;

/// <summary>Where invitations are kept, and the server's key for them, with what goes wrong there.</summary>
internal sealed class FakeInvitations : IInvitationFile, IInvitationTls
{
    /// <summary>Invitations with fakes of their own.</summary>
    public static InvitationOptions NewOptions()
    {
        var fakes = new FakeInvitations();
        return new InvitationOptions(fakes, fakes);
    }

    /// <summary>What is on disk.</summary>
    public IReadOnlyList<StoredInvitation> Kept { get; set; } = [];

    /// <summary>What goes wrong at the next reads and writes; null for nothing.</summary>
    public IOException? Error { get; set; }

    public IReadOnlyList<StoredInvitation> Read() => Error is null ? Kept : throw Error;

    public void Write(IReadOnlyCollection<StoredInvitation> invitations) => Kept = Error is null ? [.. invitations] : throw Error;

    public string ReadPin() => "abcd";

    public ValueTask<Stream> HandshakeAsync(Stream stream, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask ShutdownAsync(Stream stream) => throw new NotSupportedException();
}
