using Mandos.TlsBouncy.OpenPgp;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>The cryptography of one handshake in which the peer may present an OpenPGP key.</summary>
/// <param name="useLibCrypto">See <see cref="HandshakeCrypto"/>.</param>
/// <param name="timeProvider">Tells which keys have expired.</param>
internal sealed class OpenPgpCrypto(bool useLibCrypto, TimeProvider timeProvider) : HandshakeCrypto(useLibCrypto)
{
    /// <summary>
    /// Whether the peer has answered that it presents one. BouncyCastle then takes it for a raw key, because these are framed alike.
    /// </summary>
    public bool ExpectsOpenPgp { get; set; }

    public override TlsCertificate CreateCertificate(short type, byte[] encoding)
        => ExpectsOpenPgp && type == CertificateType.RawPublicKey
            ? OpenPgpPresentation.Parse(encoding, timeProvider.GetUtcNow())
            : base.CreateCertificate(type, encoding);
}
