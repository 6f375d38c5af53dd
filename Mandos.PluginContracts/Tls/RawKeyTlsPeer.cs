using System.Security.Cryptography;
using Mandos.PluginContracts.Tls.Protocol;

namespace Mandos.PluginContracts.Tls;

/// <summary>
/// A peer that does TLS 1.3 with a raw public key (RFC 8446, RFC 7250), as much of it as it takes: group secp256r1, cipher suite
/// TLS_AES_128_GCM_SHA256, signatures by ecdsa_secp256r1_sha256. It can do wrong, to see what is made of it.
/// </summary>
public sealed class RawKeyTlsPeer : ITlsTestPeer, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Makes a peer with a new key.</summary>
    public RawKeyTlsPeer() => PublicKey = _key.ExportSubjectPublicKeyInfo();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>What it does wrong; nothing by default.</summary>
    public TlsPeerFault Fault { get; init; }

    /// <summary>The message before which it stops to say anything; null, by default, for a whole handshake.</summary>
    public TlsPeerStep? StopsBefore { get; init; }

    /// <inheritdoc/>
    /// <remarks>A peer that stops receives nothing.</remarks>
    /// <exception cref="IOException">The connection failed, or the other side did not do as it should; the message says what.</exception>
    public async Task<byte[]> ReceiveAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var handshake = new PeerHandshake(stream, _key, Fault, StopsBefore);
        try
        {
            return await handshake.RunAsync(cancellationToken).ConfigureAwait(false)
                ? await ReceiveAsync(handshake.Records, handshake.ClientSecret, cancellationToken).ConfigureAwait(false)
                : [];
        }
        catch (TlsPeerException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static async Task<byte[]> ReceiveAsync(RecordStream records, byte[] secret, CancellationToken cancellationToken)
    {
        using var received = new MemoryStream();
        while (true)
        {
            (byte type, byte[] content) = await records.ReadAsync(cancellationToken).ConfigureAwait(false);
            switch (type)
            {
                case TlsNumbers.ApplicationData:
                    received.Write(content);
                    break;

                // The next keys come of the present ones (RFC 8446 sections 4.6.3 and 7.2).
                case TlsNumbers.Handshake when content is [TlsNumbers.KeyUpdate, ..]:
                    secret = KeySchedule.ExpandLabel(secret, "traffic upd", [], secret.Length);
                    records.ProtectReading(secret);
                    break;
                case TlsNumbers.Alert when content is [_, TlsNumbers.CloseNotify]:
                    return received.ToArray();
                default:
                    throw new TlsPeerException($"the other side sent content type {type} after the handshake");
            }
        }
    }
}
