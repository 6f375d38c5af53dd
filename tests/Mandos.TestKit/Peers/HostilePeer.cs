using System.Buffers;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TestKit.Peers;

/// <summary>A peer that must be refused, cheaply.</summary>
/// <param name="Name">What it does.</param>
/// <param name="Attack">Plays it after the first line. It may fail with an <see cref="IOException"/> when it is cut off.</param>
public sealed record HostilePeer(string Name, Func<Stream, CancellationToken, Task> Attack)
{
    private const int TooManyBytes = 1 << 20;

    private static readonly PeerKeyPair _ed25519 = PeerKeyPair.Create(PeerKeyKind.Ed25519);
    private static readonly PeerKeyPair _p256 = PeerKeyPair.Create(PeerKeyKind.EcdsaP256);
    private static readonly PeerKeyPair _rsa = PeerKeyPair.Create(PeerKeyKind.Rsa2048);

    private static readonly byte[] _changeCipherSpec = [20, 3, 3, 0, 1, 1];
    private static readonly byte[] _warning = [21, 3, 3, 0, 2, (byte)AlertLevel.warning, (byte)AlertDescription.user_canceled];
    private static readonly byte[] _helloRequest = [22, 3, 3, 0, 4, (byte)HandshakeType.hello_request, 0, 0, 0];

    /// <summary>Those whom the default priority string lets come as far as they can.</summary>
    public static IReadOnlyList<HostilePeer> OfTls13 { get; } =
    [
        Presenting("RSA key of 16384 bits", RsaKey(16384)),
        Presenting("explicit EC curve", ExplicitCurve()),
        Presenting("trailing bytes", [.. Spki(_ed25519), 0]),
        Presenting("two keys", Spki(_ed25519), Spki(_ed25519)),
        Presenting("another's key", Spki(PeerKeyPair.Create(PeerKeyKind.Ed25519))),
        Presenting("another's RSA key of 8192 bits", RsaKey(8192)),
        Presenting("scheme that does not fit the key", Spki(_p256)),
        new("X.509 certificate", (stream, token) => ServeAsync(stream, new X509Server(Tls13(_ed25519)), new TlsServerProtocol(), token)),
        Replacing("empty list", ContentType.handshake, [(byte)HandshakeType.certificate, 0, 0, 4, 0, 0, 0, 0]),
        Replacing("message of 16 MiB", ContentType.handshake, [(byte)HandshakeType.certificate, 0xFF, 0xFF, 0xFF], 5000),
        Replacing("KeyUpdates", ContentType.handshake, [(byte)HandshakeType.key_update, 0, 0, 1, 1], 5000),
        Replacing("encrypted warnings", ContentType.alert, [(byte)AlertLevel.warning, (byte)AlertDescription.user_canceled], 5000),
        Replacing("encrypted hello_requests", ContentType.handshake, [(byte)HandshakeType.hello_request, 0, 0, 0], 5000),
        Flooding("change_cipher_spec", _changeCipherSpec),
        Flooding("warnings", _warning),
        Flooding("hello_requests", _helloRequest),
        Flooding("records too long", [22, 3, 3, 0xFF, 0xFF]),
        Flooding("zeros", [0]),
        FloodingAfterHello("change_cipher_spec after ServerHello", Tls13(_ed25519), _changeCipherSpec),
        new("TLS 1.2", (stream, token) => ServeAsync(
            stream, new RawKeyServer(Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)), new TlsServerProtocol(), token)),
    ];

    /// <summary>Those of TLS 1.2, for a priority string that allows it with raw keys and OpenPGP keys.</summary>
    public static IReadOnlyList<HostilePeer> OfTls12 { get; } =
    [
        Exchanging("TLS 1.2: explicit curve", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, [1, 0, 32, .. new byte[200]]),
        Exchanging("TLS 1.2: curve not offered", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, [3, 0, 22, 65, 4, .. new byte[64]]),
        Exchanging("TLS 1.2: point off the curve", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, [3, 0, 23, 65, 4, .. Bytes(7, 64)]),
        Exchanging("TLS 1.2: point at infinity", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, [3, 0, 23, 1, 0]),
        Exchanging("TLS 1.2: X25519 of zeros", CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, [3, 0, 29, 32, .. new byte[32]]),
        Exchanging("TLS 1.2: DHE of 16384 bits", CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, Field(Bytes(0xFF, 2048))),
        Exchanging("TLS 1.2: DHE of 512 bits", CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, Field(Bytes(0xFF, 64))),
        Exchanging("TLS 1.2: DHE with an even prime", CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, Field([.. Bytes(0xFF, 255), 0xFE])),
        new("TLS 1.2: no extended master secret", (stream, token) => ServeAsync(
            stream,
            new RawKeyServer(Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) with { HasExtendedMasterSecret = false }),
            new TlsServerProtocol(), token)),
        new("TLS 1.2: mark of a downgrade", (stream, token) => ServeAsync(
            stream, new RawKeyServer(Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)), new DowngradedProtocol(), token)),
        FloodingAfterHello("TLS 1.2: warnings after ServerHello", Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), _warning),
        FloodingAfterHello(
            "TLS 1.2: hello_requests after ServerHello", Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), _helloRequest),
        FloodingAfterHello(
            "TLS 1.2: change_cipher_spec after ServerHello", Tls12(_rsa, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), _changeCipherSpec),
        OpenPgp("OpenPGP: forged certification", Forged),
        OpenPgp("OpenPGP: message of 16 MiB", static _ => [.. Bytes(0xFF, 3), .. new byte[TooManyBytes]]),
        OpenPgp("OpenPGP: RSA key of 16384 bits", static maker => OpenPgpIdentity.Message(
            [0, 0, 8, 17, .. OpenPgpKeyMaker.Packet(6, [4, .. new byte[4], 1, .. OpenPgpKeyMaker.Number(Bytes(0xFF, 2048)), 0, 2, 3])])),
    ];

    public override string ToString() => Name;

    private static async Task ServeAsync(Stream stream, RawKeyServer server, TlsServerProtocol protocol, CancellationToken token)
        => await MandosPeer.ServeAsync(stream, server, protocol, token).ConfigureAwait(false);

    private static PeerOptions Tls13(PeerKeyPair key) => new(key);

    private static PeerOptions Tls12(PeerKeyPair key, int suite)
        => new(key) { Versions = [ProtocolVersion.TLSv12], CipherSuites = [suite] };

    private static HostilePeer Presenting(string name, params byte[][] keys) => new(name, (stream, token) =>
        ServeAsync(stream, new PresentingServer(Tls13(_ed25519), keys), new TlsServerProtocol(), token));

    private static HostilePeer Replacing(string name, short type, byte[] message, int times = 1) => new(name, (stream, token) =>
        ServeAsync(stream, new RawKeyServer(Tls13(_ed25519)), new ReplacingProtocol(type, message, times), token));

    private static HostilePeer Exchanging(string name, int suite, byte[] parameters) => new(name, (stream, token) =>
        ServeAsync(stream, new ExchangingServer(Tls12(_rsa, suite), parameters), new TlsServerProtocol(), token));

    private static HostilePeer OpenPgp(string name, Func<OpenPgpKeyMaker, byte[]> present) => new(name, (stream, token) =>
    {
        using OpenPgpKeyMaker maker = new();
        return ServeAsync(
            stream,
            new RawKeyServer(Tls12(maker.Identity.Key, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)),
            new OpenPgpServerProtocol(present(maker)), token);
    });

    private static HostilePeer Flooding(string name, byte[] record) => new(name, (stream, token) => FloodAsync(stream, record, token));

    private static HostilePeer FloodingAfterHello(string name, PeerOptions options, byte[] record) => new(name, async (stream, token) =>
    {
        TlsServerProtocol protocol = new();
        protocol.Accept(new RawKeyServer(options));
        byte[] clientHello = ArrayPool<byte>.Shared.Rent(4096);
        while (protocol.GetAvailableOutputBytes() == 0)
        {
            int count = await stream.ReadAsync(clientHello, token).ConfigureAwait(false);
            protocol.OfferInput(clientHello, 0, count);
        }

        ArrayPool<byte>.Shared.Return(clientHello);
        byte[] flight = new byte[protocol.GetAvailableOutputBytes()];
        protocol.ReadOutput(flight, 0, flight.Length);
        await stream.WriteAsync(flight.AsMemory(0, 5 + ((flight[3] << 8) | flight[4])), token).ConfigureAwait(false);
        await FloodAsync(stream, record, token).ConfigureAwait(false);
    });

    private static async Task FloodAsync(Stream stream, byte[] record, CancellationToken token)
    {
        byte[] many = [.. Enumerable.Repeat(record, (16384 / record.Length) + 1).SelectMany(static bytes => bytes)];
        for (int sent = 0; sent < TooManyBytes; sent += many.Length)
        {
            await stream.WriteAsync(many, token).ConfigureAwait(false);
        }
    }

    private static byte[] Forged(OpenPgpKeyMaker maker)
    {
        using OpenPgpKeyMaker other = new();
        byte[] forged = other.Sign(0x13, maker.UserIdSubject("a"), OpenPgpKeyMaker.Subpacket(2, new byte[4]), issuer: maker.Fingerprint[^8..]);
        return OpenPgpIdentity.Message(maker.WithPackets(OpenPgpKeyMaker.UserIdPacket("a"), forged).Present());
    }

    private static byte[] Spki(PeerKeyPair key) => key.SubjectPublicKeyInfo.ToArray();

    private static byte[] Bytes(byte value, int count) => [.. Enumerable.Repeat(value, count)];

    /// <summary>A key of which nobody knows the factors.</summary>
    private static byte[] RsaKey(int bits)
    {
        byte[] modulus = RandomNumberGenerator.GetBytes(bits / 8);
        modulus[0] |= 0x80;
        modulus[^1] |= 1;
        DerSequence numbers = new(new DerInteger(new BigInteger(1, modulus)), DerInteger.ValueOf(65537));
        return new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(Org.BouncyCastle.Asn1.Pkcs.PkcsObjectIdentifiers.RsaEncryption, DerNull.Instance), numbers).GetDerEncoded();
    }

    private static byte[] ExplicitCurve()
    {
        Asn1Sequence named = Asn1Sequence.GetInstance(Spki(_p256));
        return new DerSequence(
            new DerSequence(X9ObjectIdentifiers.IdECPublicKey, ECNamedCurveTable.GetByName("P-256").ToAsn1Object()), named[1]).GetDerEncoded();
    }

    /// <summary>A prime, the generator 2 and the public value 4.</summary>
    private static byte[] Field(byte[] prime) => [(byte)(prime.Length >> 8), (byte)prime.Length, .. prime, 0, 1, 2, 0, 1, 4];

    private sealed class PresentingServer(PeerOptions options, byte[][] keys) : RawKeyServer(options)
    {
        protected override Certificate Certificate => new(
            CertificateType.RawPublicKey, [], [.. keys.Select(static key => new CertificateEntry(new EncodedCertificate(key), null))]);
    }

    private sealed class X509Server(PeerOptions options) : RawKeyServer(options)
    {
        protected override Certificate Certificate
            => new(CertificateType.X509, [], [new CertificateEntry(new EncodedCertificate(RandomNumberGenerator.GetBytes(500)), null)]);

        public override IDictionary<int, byte[]> GetServerExtensions()
        {
            IDictionary<int, byte[]> extensions = base.GetServerExtensions();
            extensions.Remove(ExtensionType.server_certificate_type);
            return extensions;
        }
    }

    /// <summary>Sends something over and over in place of its certificate.</summary>
    private sealed class ReplacingProtocol(short type, byte[] message, int times) : TlsServerProtocol
    {
        protected override void Send13CertificateMessage(Certificate certificate)
        {
            for (int i = 0; i < times; i++)
            {
                SafeWriteRecord(type, message, 0, message.Length);
            }
        }
    }

    /// <summary>Says that it was asked for TLS 1.2 though it has TLS 1.3 (RFC 8446 section 4.1.3).</summary>
    private sealed class DowngradedProtocol : TlsServerProtocol
    {
        protected override void SendServerHelloMessage(ServerHello serverHello)
        {
            "DOWNGRD\u0001"u8.CopyTo(serverHello.Random.AsSpan(24));
            base.SendServerHelloMessage(serverHello);
        }
    }

    /// <summary>Signs any parameters for the exchange of keys.</summary>
    private sealed class ExchangingServer(PeerOptions options, byte[] parameters) : RawKeyServer(options)
    {
        public override TlsKeyExchangeFactory GetKeyExchangeFactory() => new Factory(parameters);

        private sealed class Factory(byte[] parameters) : DefaultTlsKeyExchangeFactory
        {
            public override TlsKeyExchange CreateDheKeyExchangeServer(int keyExchange, TlsDHConfig dhConfig)
                => new Dhe(keyExchange, dhConfig, parameters);

            public override TlsKeyExchange CreateECDheKeyExchangeServer(int keyExchange, TlsECConfig ecConfig)
                => new Ecdhe(keyExchange, ecConfig, parameters);
        }

        private sealed class Dhe(int keyExchange, TlsDHConfig config, byte[] parameters) : TlsDheKeyExchange(keyExchange, config)
        {
            public override byte[] GenerateServerKeyExchange() => Sign(m_context.SecurityParameters, m_serverCredentials, parameters);
        }

        private sealed class Ecdhe(int keyExchange, TlsECConfig config, byte[] parameters) : TlsECDheKeyExchange(keyExchange, config)
        {
            public override byte[] GenerateServerKeyExchange() => Sign(m_context.SecurityParameters, m_serverCredentials, parameters);
        }

        private static byte[] Sign(SecurityParameters agreed, TlsCredentialedSigner signer, byte[] parameters)
        {
            byte[] hash = SHA256.HashData([.. agreed.ClientRandom, .. agreed.ServerRandom, .. parameters]);
            using MemoryStream message = new();
            message.Write(parameters);
            new DigitallySigned(signer.SignatureAndHashAlgorithm, signer.GenerateRawSignature(hash)).Encode(message);
            return message.ToArray();
        }
    }
}
