using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TestKit.Peers;

/// <summary>A certificate or key to send, whatever it holds.</summary>
public sealed class EncodedCertificate(byte[] encoded) : TlsCertificate
{
    public BigInteger? SerialNumber => null;

    public string? SigAlgOid => null;

    public byte[] GetEncoded() => encoded;

    public byte[]? GetExtension(DerObjectIdentifier extensionOid) => null;

    public Asn1Encodable? GetSigAlgParams() => null;

    public short GetLegacySignatureAlgorithm() => -1;

    public bool SupportsSignatureAlgorithm(short signatureAlgorithm) => true;

    public bool SupportsSignatureAlgorithmCA(short signatureAlgorithm) => true;

    public TlsCertificate CheckUsageInRole(int tlsCertificateRole) => this;

    public TlsEncryptor CreateEncryptor(int tlsCertificateRole) => throw new NotSupportedException();

    public TlsVerifier CreateVerifier(short signatureAlgorithm) => throw new NotSupportedException();

    public Tls13Verifier CreateVerifier(int signatureScheme) => throw new NotSupportedException();
}
