using System.Formats.Asn1;
using System.Security.Cryptography;
using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Hostile;

/// <summary>Peers that present what they should not.</summary>
public sealed class CertificateTests : TlsTest
{
    [Fact]
    public async Task HandshakeAsync_X509Certificate_SaysSo()
    {
        byte[] certificate = RandomNumberGenerator.GetBytes(500);

        string reason = await RefusedAsync(new PresentingServer(HonestPeer(), CertificateType.X509, [certificate]));

        Assert.Contains("X.509", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_NoKey_Refused()
        => await RefusedAsync(
            new RawKeyServer(HonestPeer()), new ReplacingProtocol([(byte)HandshakeType.certificate, 0, 0, 4, 0, 0, 0, 0]));

    [Fact]
    public async Task HandshakeAsync_BytesAfterTheList_Refused()
    {
        PeerOptions peer = HonestPeer();
        byte[] key = peer.Key.SubjectPublicKeyInfo.ToArray();
        byte[] list = [0, 0, (byte)key.Length, .. key, 0, 0];

        await RefusedAsync(new RawKeyServer(peer), new ReplacingProtocol(
            [(byte)HandshakeType.certificate, 0, 0, (byte)(4 + list.Length + 1), 0, 0, 0, (byte)list.Length, .. list, 0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HandshakeAsync_NoSignature_Refused(bool presentsKey)
        => await RefusedAsync(new RawKeyServer(HonestPeer()), new UnsignedProtocol(presentsKey));

    [Fact]
    public async Task HandshakeAsync_TwoKeys_Refused()
    {
        PeerOptions peer = HonestPeer();
        byte[] key = peer.Key.SubjectPublicKeyInfo.ToArray();

        await RefusedAsync(new PresentingServer(peer, CertificateType.RawPublicKey, [key, key]));
    }

    [Fact]
    public async Task HandshakeAsync_BytesAfterTheKey_Refused()
    {
        PeerOptions peer = HonestPeer();

        await RefusedAsync(Presenting(peer, [.. peer.Key.SubjectPublicKeyInfo.Span, 0]));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1023)]
    [InlineData(8193)]
    [InlineData(16384)]
    public async Task HandshakeAsync_RsaOfOddSize_SaysSo(int bits)
    {
        string reason = await RefusedAsync(Presenting(HonestPeer(), RsaKey(bits, [1, 0, 1])));

        Assert.Contains($"{bits} bits", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_RsaWithLongExponent_SaysSo()
    {
        string reason = await RefusedAsync(Presenting(HonestPeer(), RsaKey(2048, [1, 0, 0, 0, 0, 0, 0, 0, 1])));

        Assert.Contains("exponent", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_CurveByItsNumbers_Refused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Asn1Sequence named = Asn1Sequence.GetInstance(key.ExportSubjectPublicKeyInfo());
        X9ECParameters numbers = ECNamedCurveTable.GetByName("P-256");
        byte[] encoded = new DerSequence(
            new DerSequence(X9ObjectIdentifiers.IdECPublicKey, numbers.ToAsn1Object()), named[1]).GetDerEncoded();

        string reason = await RefusedAsync(Presenting(HonestPeer(), encoded));

        Assert.Contains("named", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PeerKeyKind.Ed25519)]
    [InlineData(PeerKeyKind.Ed448)]
    [InlineData(PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.EcdsaP384)]
    [InlineData(PeerKeyKind.EcdsaP521)]
    [InlineData(PeerKeyKind.Rsa2048)]
    [InlineData(PeerKeyKind.RsaPss2048)]
    public async Task HandshakeAsync_AnothersKey_SaysSo(PeerKeyKind kind)
    {
        byte[] anothers = PeerKeyPair.Create(kind).SubjectPublicKeyInfo.ToArray();

        string reason = await RefusedAsync(Presenting(new PeerOptions(PeerKeyPair.Create(kind)), anothers));

        Assert.Contains("does not own the public key", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.EcdsaP384)]
    [InlineData(PeerKeyKind.Ed25519)]
    public async Task HandshakeAsync_PointOffTheCurve_SaysSo(PeerKeyKind kind)
    {
        PeerKeyPair key = PeerKeyPair.Create(kind);
        byte[] broken = key.SubjectPublicKeyInfo.ToArray();
        broken[^2] ^= 0x55;

        string reason = await RefusedAsync(Presenting(new PeerOptions(key), broken));

        Assert.Contains("does not own the public key", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PeerKeyKind.Ed25519, PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.EcdsaP256, PeerKeyKind.Ed25519)]
    [InlineData(PeerKeyKind.EcdsaP384, PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.Rsa2048, PeerKeyKind.RsaPss2048)]
    [InlineData(PeerKeyKind.RsaPss2048, PeerKeyKind.Rsa2048)]
    public async Task HandshakeAsync_SchemeOfAnotherKind_SaysSo(PeerKeyKind presented, PeerKeyKind signing)
    {
        byte[] key = PeerKeyPair.Create(presented).SubjectPublicKeyInfo.ToArray();

        string reason = await RefusedAsync(Presenting(new PeerOptions(PeerKeyPair.Create(signing)), key));

        Assert.Contains("does not fit", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_Pkcs1Signature_Refused()
    {
        PeerOptions peer = new(PeerKeyPair.Create(PeerKeyKind.Rsa2048, SignatureScheme.rsa_pkcs1_sha256));

        await RefusedAsync(Presenting(peer, peer.Key.SubjectPublicKeyInfo.ToArray()));
    }

    [Fact]
    public async Task HandshakeAsync_SchemeNotOffered_Refused()
    {
        ITlsHandshaker handshaker = CreateHandshaker($"{PriorityString.Default}:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512");
        PeerKeyPair key = PeerKeyPair.Create(PeerKeyKind.Rsa2048, SignatureScheme.rsa_pss_rsae_sha512);
        await ExchangeAsync(new PeerOptions(key), handshaker: handshaker);

        await RefusedAsync(
            stream => MandosPeer.ServeAsync(stream, new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa2048)), Token), handshaker);
    }

    /// <summary>TLS 1.3 has no OpenPGP keys (RFC 8446 section 4.4.2).</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HandshakeAsync_OpenPgpInTls13_Refused(bool presentsRawKey)
    {
        using OpenPgpKeyMaker maker = new();
        byte[] presented = presentsRawKey ? maker.Identity.Key.SubjectPublicKeyInfo.ToArray() : maker.Identity.Present();
        PeerOptions peer = new(PeerKeyPair.FromRsa(maker.Identity.Key.PrivateKey, SignatureScheme.rsa_pss_rsae_sha256));

        string reason = await RefusedAsync(
            stream => MandosPeer.ServeAsync(
                stream, new PresentingServer(peer, CertificateType.OpenPGP, [presented]), new TlsServerProtocol(), Token),
            CreateHandshaker("NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA"));

        Assert.Contains("does not follow TLS (illegal_parameter", reason, StringComparison.Ordinal);
    }

    private static PresentingServer Presenting(PeerOptions peer, byte[] key) => new(peer, CertificateType.RawPublicKey, [key]);

    private static byte[] RsaKey(int bits, byte[] exponent)
    {
        byte[] modulus = RandomNumberGenerator.GetBytes((bits + 7) / 8);
        int topBits = ((bits - 1) % 8) + 1;
        modulus[0] = (byte)((modulus[0] | 0x80) >> (8 - topBits));
        modulus[^1] |= 1;
        AsnWriter key = new(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteIntegerUnsigned(modulus);
            key.WriteIntegerUnsigned(exponent);
        }

        AsnWriter info = new(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(key.Encode());
        }

        return info.Encode();
    }

    private Task<string> RefusedAsync(PresentingServer server) => RefusedAsync(server, new TlsServerProtocol());

    private Task<string> RefusedAsync(RawKeyServer server, TlsServerProtocol protocol) => RefusedAsync(async stream =>
    {
        PeerOutcome outcome = await MandosPeer.ServeAsync(stream, server, protocol, Token);
        Assert.Equal(PeerEnding.Alert, outcome.Ending);
    });

    /// <summary>Presents any certificates, and signs with its own key all the same.</summary>
    private sealed class PresentingServer(PeerOptions options, short type, byte[][] encoded) : RawKeyServer(options)
    {
        private bool _isPresenting;

        protected override Certificate Certificate => _isPresenting
            ? new(type, [], [.. encoded.Select(static bytes => new CertificateEntry(new EncodedCertificate(bytes), null))])
            : base.Certificate;

        public override IDictionary<int, byte[]> GetServerExtensions()
        {
            IDictionary<int, byte[]> extensions = base.GetServerExtensions();
            if (type != CertificateType.RawPublicKey)
            {
                extensions.Remove(ExtensionType.server_certificate_type);
            }

            if (type == CertificateType.OpenPGP)
            {
                extensions[ExtensionType.cert_type] = [(byte)CertificateType.OpenPGP];
            }

            _isPresenting = true;
            return extensions;
        }
    }

    /// <summary>Sends some other message in place of its certificate.</summary>
    private sealed class ReplacingProtocol(byte[] message) : TlsServerProtocol
    {
        protected override void Send13CertificateMessage(Certificate certificate)
            => SafeWriteRecord(ContentType.handshake, message, 0, message.Length);
    }

    /// <summary>Leaves out the signature, or the key as well.</summary>
    private sealed class UnsignedProtocol(bool presentsKey) : TlsServerProtocol
    {
        protected override void Send13CertificateMessage(Certificate certificate)
        {
            if (presentsKey)
            {
                base.Send13CertificateMessage(certificate);
            }
        }

        protected override void Send13CertificateVerifyMessage(DigitallySigned certificateVerify)
        {
        }
    }
}
