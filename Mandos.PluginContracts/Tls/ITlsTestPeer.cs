namespace Mandos.PluginContracts.Tls;

/// <summary>
/// The other end of a TLS connection: a Mandos client, which is the TLS server and authenticates by a raw public key.
/// </summary>
/// <remarks>It is handed in, because this library has no TLS server that can do raw public keys.</remarks>
public interface ITlsTestPeer
{
    /// <summary>The peer's public key: a SubjectPublicKeyInfo in DER.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Makes a handshake and receives until close_notify. It does not close the stream.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was received.</returns>
    Task<byte[]> ReceiveAsync(Stream stream, CancellationToken cancellationToken);
}
