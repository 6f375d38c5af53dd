using Mandos.Abstractions.Tls;

namespace Mandos.Engine.Invitations;

/// <summary>TLS in its usual roles, in which the server shows its own key: so who has the pin of it knows to whom it gives a token. Thread-safe.</summary>
public interface IInvitationTls
{
    /// <summary>Reads the server's key, or makes it if there has never been one. It may block.</summary>
    /// <returns>SHA-256 of the public key (SubjectPublicKeyInfo), in lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">It can be neither read nor made, or is damaged.</exception>
    string ReadPin();

    /// <summary>Makes a handshake as the server.</summary>
    /// <param name="stream">The connection, which stays open.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the peer sends, and what is sent to it; <see cref="ShutdownAsync"/> ends it.</returns>
    /// <exception cref="TlsHandshakeException">It failed by the peer's doing.</exception>
    /// <exception cref="IOException">The connection broke, or the key cannot be read.</exception>
    ValueTask<Stream> HandshakeAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>Tells the peer that nothing more comes.</summary>
    /// <param name="stream">What <see cref="HandshakeAsync"/> has returned.</param>
    ValueTask ShutdownAsync(Stream stream);
}
