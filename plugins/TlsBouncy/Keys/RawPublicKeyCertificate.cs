using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A peer's raw public key in the place where BouncyCastle wants a certificate.</summary>
internal sealed class RawPublicKeyCertificate : TlsCertificate
{
    private const string Faulty = "its TLS is faulty";

    private readonly byte[] _encoded;
    private readonly VerificationKey _key;

    /// <summary>Takes the key that a peer presents, without trust in it.</summary>
    /// <param name="encoded">A SubjectPublicKeyInfo.</param>
    /// <exception cref="PeerRefusedException">It is not one, or of a kind that we do not take.</exception>
    public RawPublicKeyCertificate(byte[] encoded)
    {
        _encoded = encoded;
        _key = SubjectPublicKey.Read(encoded);
    }

    /// <summary>The key as it came.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded;

    /// <summary>The key's algorithm and the scheme; null until the peer has signed the handshake with the key.</summary>
    public string? ProvedBy { get; private set; }

    public BigInteger? SerialNumber => null;

    public string? SigAlgOid => null;

    public byte[] GetEncoded() => _encoded;

    /// <summary>Prepares to verify the peer's signature of the handshake in TLS 1.3.</summary>
    public Tls13Verifier CreateVerifier(int signatureScheme) => _key.Fits(signatureScheme)
        ? new Proof(this, signatureScheme)
        : throw new PeerRefusedException(AlertDescription.illegal_parameter,
            $"the peer signed with {SignatureScheme.GetText(signatureScheme)}, which does not fit its {_key.Name} key: {Faulty}");

    // The rest is for X.509 certificates and TLS 1.2.
    public byte[]? GetExtension(DerObjectIdentifier extensionOid) => null;

    public Asn1Encodable? GetSigAlgParams() => null;

    public short GetLegacySignatureAlgorithm() => -1;

    public bool SupportsSignatureAlgorithm(short signatureAlgorithm) => false;

    public bool SupportsSignatureAlgorithmCA(short signatureAlgorithm) => false;

    public TlsCertificate CheckUsageInRole(int tlsCertificateRole) => throw new TlsFatalAlert(AlertDescription.internal_error);

    public TlsEncryptor CreateEncryptor(int tlsCertificateRole) => throw new TlsFatalAlert(AlertDescription.internal_error);

    public TlsVerifier CreateVerifier(short signatureAlgorithm) => throw new TlsFatalAlert(AlertDescription.internal_error);

    /// <summary>Gathers what the peer should have signed, then verifies that it did.</summary>
    private sealed class Proof(RawPublicKeyCertificate certificate, int signatureScheme)
        : MemoryStream(ContentBytes), Tls13Verifier
    {
        /// <summary>64 spaces, the name of the context, a zero and a hash (RFC 8446 section 4.4.3).</summary>
        private const int ContentBytes = 64 + 33 + 1 + 48;

        public Stream Stream => this;

        public bool VerifySignature(byte[] signature)
        {
            // The stream is closed by now; its array is not gone.
            if (!certificate._key.Verify(signatureScheme, ToArray(), signature))
            {
                throw new PeerRefusedException(AlertDescription.decrypt_error,
                    "the peer's signature is wrong: it does not own the public key that it presents");
            }
            certificate.ProvedBy = $"{certificate._key.Name}, {SignatureScheme.GetName(signatureScheme)}";
            return true;
        }
    }
}
