using System.Runtime.CompilerServices;
using Org.BouncyCastle.Tls;

namespace Mandos.TestKit.Peers;

/// <summary>The server's part of TLS up to 1.2 with an OpenPGP key (RFC 6091), as GnuTLS up to 3.5 plays it.</summary>
/// <param name="certificateMessage">The Certificate message, whatever it holds, without its header.</param>
public class OpenPgpServerProtocol(byte[] certificateMessage) : TlsServerProtocol
{
    private const int HeaderBytes = 4;

    protected override void SendServerHelloMessage(ServerHello serverHello)
    {
        ChooseType(serverHello);
        base.SendServerHelloMessage(serverHello);
    }

    /// <summary>Says that it presents an OpenPGP key.</summary>
    protected virtual void ChooseType(ServerHello serverHello)
    {
        serverHello.Extensions.Remove(ExtensionType.server_certificate_type);
        serverHello.Extensions[ExtensionType.cert_type] = [(byte)CertificateType.OpenPGP];
    }

    protected override void SendCertificateMessage(Certificate certificate, Stream? endPointHash)
    {
        byte[] message = new byte[HeaderBytes + certificateMessage.Length];
        TlsUtilities.WriteUint8(HandshakeType.certificate, message, 0);
        TlsUtilities.WriteUint24(certificateMessage.Length, message, 1);
        certificateMessage.CopyTo(message, HeaderBytes);
        WriteHandshakeMessage(this, message, 0, message.Length);
    }

    // BouncyCastle's own way to send a message and hash it, which nothing public leads to
    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void WriteHandshakeMessage(TlsProtocol protocol, byte[] buf, int off, int len);
}
