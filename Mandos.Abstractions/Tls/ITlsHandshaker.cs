namespace Mandos.Abstractions.Tls;

/// <summary>Makes TLS handshakes under one priority string. Thread-safe.</summary>
public interface ITlsHandshaker
{
    /// <summary>Does once what would make the first handshake slow. Needs no network.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task WarmUpAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes a handshake as TLS <b>client</b>, without a certificate, with a peer that authenticates by a raw public key (RFC 7250) or, where
    /// the priority string allows it, by an OpenPGP key (RFC 6091).
    /// </summary>
    /// <remarks>
    /// The server shares out the computing among all peers: the call begins, and a read that brings something ends, when it is this peer's
    /// turn, which lasts until the stream is used again. So compute between calls of the stream, and wait for nothing else there.
    /// </remarks>
    /// <param name="stream">The connection to the peer. It belongs to the caller, who closes it; its reads need not be buffered.</param>
    /// <param name="cancellationToken">Gives up; the stream may then be closed.</param>
    /// <returns>The session, once the peer has proved to own its key, whoever that is.</returns>
    /// <exception cref="TlsHandshakeException">The handshake failed.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    ValueTask<ITlsSession> HandshakeAsync(Stream stream, CancellationToken cancellationToken);
}
