namespace Mandos.Abstractions.Tls;

/// <summary>A connection after a successful handshake. One call at a time.</summary>
public interface ITlsSession : IDisposable
{
    /// <summary>The key that the peer has proved to own.</summary>
    PeerKey PeerKey { get; }

    /// <summary>Version, cipher suite, group and signature scheme, for the debug log.</summary>
    string Description { get; }

    /// <summary>Waits until the peer has closed or broken the connection, or has sent more than a well-behaved peer does.</summary>
    /// <remarks>While it waits it holds no thread and no buffer. It drops what the peer sends. It may be cancelled and called again.</remarks>
    /// <param name="cancellationToken">Ends the wait; the session stays usable.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    ValueTask WaitForPeerCloseAsync(CancellationToken cancellationToken);

    /// <summary>Encrypts and sends data.</summary>
    /// <remarks>
    /// If the client loses the right to its secret meanwhile, the server cancels the call, and closes the connection under the stream as well, so
    /// that nothing more goes out even from a session that does not heed the token. The call has to end then: the command that took the
    /// right away is acknowledged only after it.
    /// </remarks>
    /// <param name="data">The data; no copy of the plain text outlives the call.</param>
    /// <param name="cancellationToken">Gives up; the session is then unusable.</param>
    /// <exception cref="IOException">The connection failed.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Sends close_notify (RFC 8446 section 6.1). It does not close the stream.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The connection failed.</exception>
    ValueTask CloseAsync(CancellationToken cancellationToken);
}
