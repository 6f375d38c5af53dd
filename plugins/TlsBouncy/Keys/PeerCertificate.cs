using Mandos.Abstractions.Tls;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A key that a peer presents, in the place where BouncyCastle wants a certificate.</summary>
internal sealed class PeerCertificate : TlsCertificate
{
    private const string Faulty = "its TLS is faulty";

    private readonly byte[] _encoded;
    private readonly VerificationKey _key;
    private bool _hasEncrypted;

    /// <summary>Takes the key that a peer presents, without trust in it.</summary>
    /// <param name="encoded">What the peer sent.</param>
    /// <param name="identity">The text by which the engine finds the client.</param>
    /// <param name="key">What verifies the peer's signatures.</param>
    public PeerCertificate(byte[] encoded, PeerKey identity, VerificationKey key)
    {
        _encoded = encoded;
        _key = key;
        Identity = identity;
    }

    /// <summary>The text by which the engine finds the client.</summary>
    public PeerKey Identity { get; }

    /// <summary>The key's kind and size, for messages.</summary>
    public string Name => Identity.Type == PeerKeyType.OpenPgp ? $"OpenPGP {_key.Name}" : _key.Name;

    /// <summary>How the peer proved to own the key; null until it has signed the handshake or the key exchange with it.</summary>
    public string? ProvedBy { get; private set; }

    public BigInteger? SerialNumber => null;

    public string? SigAlgOid => null;

    /// <summary>Takes a raw public key (RFC 7250).</summary>
    /// <param name="encoded">A SubjectPublicKeyInfo.</param>
    /// <exception cref="PeerRefusedException">It is not one, or of a kind that we do not take.</exception>
    public static PeerCertificate OfRawKey(byte[] encoded)
        => new(encoded, new PeerKey(PeerKeyType.RawPublicKey, encoded), SubjectPublicKey.Read(encoded));

    public byte[] GetEncoded() => _encoded;

    /// <summary>Prepares to verify the peer's signature of the handshake in TLS 1.3.</summary>
    public Tls13Verifier CreateVerifier(int signatureScheme)
        => _key.Fits(signatureScheme) ? new Proof(this, signatureScheme) : throw DoesNotFit(signatureScheme);

    /// <summary>Prepares to verify the peer's signature of its key exchange in TLS up to 1.2.</summary>
    public TlsVerifier CreateVerifier(short signatureAlgorithm) => new Tls12Verifier(this, signatureAlgorithm);

    /// <summary>Prepares to encrypt the secret from which all others come in TLS up to 1.2, with suites that say just RSA.</summary>
    public TlsEncryptor CreateEncryptor(int tlsCertificateRole) => new Encryptor(this);

    /// <summary>Notes that the handshake is complete with a secret that only the owner of the key can have decrypted.</summary>
    public void NoteDecrypted()
    {
        if (_hasEncrypted)
        {
            ProvedBy ??= $"{Name}, decryption";
        }
    }

    public TlsCertificate CheckUsageInRole(int tlsCertificateRole) => this;

    // The rest is for X.509 certificates.
    public byte[]? GetExtension(DerObjectIdentifier extensionOid) => null;

    public Asn1Encodable? GetSigAlgParams() => null;

    public short GetLegacySignatureAlgorithm() => -1;

    public bool SupportsSignatureAlgorithm(short signatureAlgorithm) => false;

    public bool SupportsSignatureAlgorithmCA(short signatureAlgorithm) => false;

    private PeerRefusedException DoesNotFit(int signatureScheme) => new(AlertDescription.illegal_parameter,
        $"the peer signed with {Describe(signatureScheme)}, which does not fit its {Name} key: {Faulty}");

    private static string Describe(int signatureScheme) => signatureScheme == VerificationKey.RsaMd5Sha1
        ? "rsa_md5_sha1"
        : SignatureScheme.GetName(signatureScheme) is not "UNKNOWN" and var name ? name : $"0x{signatureScheme:X4}";

    /// <summary>Gathers what the peer should have signed, then verifies that it did.</summary>
    private sealed class Proof(PeerCertificate certificate, int signatureScheme, byte[]? signed = null)
        : MemoryStream(ContentBytes), Tls13Verifier, TlsStreamVerifier
    {
        /// <summary>64 spaces, the name of the context, a zero and a hash (RFC 8446 section 4.4.3).</summary>
        private const int ContentBytes = 64 + 33 + 1 + 48;

        public Stream Stream => this;

        public bool IsVerified() => VerifySignature(signed!);

        public bool VerifySignature(byte[] signature)
        {
            // The stream is closed by now; its array is not gone.
            if (!certificate._key.Verify(signatureScheme, ToArray(), signature))
            {
                throw new PeerRefusedException(AlertDescription.decrypt_error,
                    "the peer's signature is wrong: it does not own the public key that it presents");
            }

            certificate.ProvedBy = $"{certificate.Name}, {Describe(signatureScheme)}";
            return true;
        }
    }

    private sealed class Tls12Verifier(PeerCertificate certificate, short signatureAlgorithm) : TlsVerifier
    {
        public TlsStreamVerifier GetStreamVerifier(DigitallySigned digitallySigned)
        {
            // Before TLS 1.2 the hash goes without saying (RFC 4346 section 7.4.3, RFC 8422 section 5.4).
            int scheme = digitallySigned.Algorithm is { } named ? SignatureScheme.From(named)
                : signatureAlgorithm == SignatureAlgorithm.ecdsa ? SignatureScheme.ecdsa_sha1
                : signatureAlgorithm;
            return certificate._key.FitsTls12(scheme)
                ? new Proof(certificate, scheme, digitallySigned.Signature)
                : throw certificate.DoesNotFit(scheme);
        }

        public bool VerifyRawSignature(DigitallySigned digitallySigned, byte[] hash)
            => throw new TlsFatalAlert(AlertDescription.internal_error);
    }

    private sealed class Encryptor(PeerCertificate certificate) : TlsEncryptor
    {
        public byte[] Encrypt(byte[] input, int inOff, int length)
        {
            // Keys in OpenPGP certificates are for signing: mandos-keygen makes no others.
            byte[] encrypted = (certificate.Identity.Type == PeerKeyType.RawPublicKey
                    ? certificate._key.Encrypt(input.AsSpan(inOff, length))
                    : null)
                ?? throw new PeerRefusedException(AlertDescription.illegal_parameter,
                    $"the peer chose to have its {certificate.Name} key encrypted to, for which it is not: "
                    + "add !RSA to the priority string, then it must sign");
            certificate._hasEncrypted = true;
            return encrypted;
        }
    }
}
