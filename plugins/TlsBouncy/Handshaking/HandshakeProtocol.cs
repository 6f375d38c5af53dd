using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Limits;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>BouncyCastle's part of one handshake, with what it lacks for OpenPGP keys (RFC 6091).</summary>
/// <param name="client">Our side.</param>
/// <param name="trace">Hears of each message; null if nobody listens.</param>
internal sealed class HandshakeProtocol(HandshakeClient client, HandshakeTrace? trace) : TlsClientProtocol
{
    /// <summary>By how much GnuTLS 3.3 to 3.5 write the length of a message with an OpenPGP key too small.</summary>
    private const int MissingBytes = 7;

    private const int LengthBytes = 3;

    /// <summary>Ends the connection and zeroes its secrets. The bytes to send can still be read.</summary>
    public void Forget()
    {
        if (client.HasBegun)
        {
            m_sessionParameters?.Clear();
            // The session could be resumed, but nobody will do that.
            m_sessionParameters?.MasterSecret?.Destroy();
            Context.Session?.ExportSessionParameters()?.MasterSecret?.Destroy();
            Close();
            client.ForgetSecrets();
        }
    }

    protected override ServerHello ReceiveServerHelloMessage(MemoryStream buf)
    {
        ServerHello hello = base.ReceiveServerHelloMessage(buf);
        client.Receive(hello);
        if (client.Choice!.PresentsOpenPgp)
        {
            // Until TLS 1.2 a raw key and an OpenPGP key are framed alike; BouncyCastle knows the former.
            hello.Extensions.Remove(ExtensionType.cert_type);
            TlsExtensionsUtilities.AddServerCertificateTypeExtensionServer(hello.Extensions, CertificateType.RawPublicKey);
            TlsExtensionsUtilities.AddServerCertificateTypeExtensionClient(m_clientExtensions, [CertificateType.RawPublicKey]);
        }

        return hello;
    }

    protected override void HandleHandshakeMessage(short type, HandshakeMessageInput buf)
    {
        trace?.Received(type, buf.Length);
        bool isOpenPgp = type == HandshakeType.certificate && client.Choice is { PresentsOpenPgp: true };
        if (buf.Length > TlsLimits.HandshakeMessageBytes && !isOpenPgp)
        {
            throw new PeerRefusedException(AlertDescription.internal_error,
                $"the peer sent a message of {buf.Length} bytes; {TlsLimits.HandshakeMessageBytes} are taken: it is no mandos-client");
        }

        if (isOpenPgp)
        {
            MendLength(buf);
        }

        base.HandleHandshakeMessage(type, buf);
    }

    /// <summary>Corrects the length where GnuTLS writes it wrong. Both sides have hashed the message by now.</summary>
    private static void MendLength(HandshakeMessageInput message)
    {
        if (!message.TryGetBuffer(out ArraySegment<byte> whole))
        {
            return;
        }

        Span<byte> body = whole.AsSpan((int)message.Position);
        int length = body.Length - LengthBytes;
        if (length >= MissingBytes && TlsUtilities.ReadUint24(body.ToArray(), 0) == length - MissingBytes)
        {
            body[0] = (byte)(length >> 16);
            body[1] = (byte)(length >> 8);
            body[2] = (byte)length;
        }
    }
}
