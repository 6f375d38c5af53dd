using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace TlsBouncy.Tests.Hostile;

/// <summary>Peers that misbehave in TLS 1.2, or have not what we need there.</summary>
public sealed class Tls12Tests : TlsTest
{
    private const string Tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK";

    /// <summary>The random bytes that tell it from a ServerHello (RFC 8446 section 4.1.3).</summary>
    private static readonly byte[] _helloRetryRequest = System.Security.Cryptography.SHA256.HashData("HelloRetryRequest"u8);

    private static readonly PeerKeyPair _rsa = PeerKeyPair.Create(PeerKeyKind.Rsa2048);

    public static TheoryData<PeerKeyKind> Kinds => [.. Enum.GetValues<PeerKeyKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HandshakeAsync_AnothersKey_SaysSo(PeerKeyKind kind)
    {
        byte[] anothers = PeerKeyPair.Create(kind).SubjectPublicKeyInfo.ToArray();

        await RefusedAsync("does not own the public key", new PresentingServer(Peer(PeerKeyPair.Create(kind)), anothers));
    }

    /// <summary>Nobody else can decrypt, so the peer's Finished cannot be right.</summary>
    [Fact]
    public async Task HandshakeAsync_AnothersKeyForDecryption_Refused()
    {
        byte[] anothers = PeerKeyPair.Create(PeerKeyKind.Rsa2048).SubjectPublicKeyInfo.ToArray();

        await RefusedAsync("", new PresentingServer(
            Peer(_rsa) with { CipherSuites = [CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256] }, anothers));
    }

    [Theory]
    [InlineData(PeerKeyKind.Ed25519, PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.EcdsaP256, PeerKeyKind.Ed25519)]
    [InlineData(PeerKeyKind.Rsa2048, PeerKeyKind.RsaPss2048)]
    [InlineData(PeerKeyKind.RsaPss2048, PeerKeyKind.Rsa2048)]
    [InlineData(PeerKeyKind.Rsa2048, PeerKeyKind.EcdsaP256)]
    [InlineData(PeerKeyKind.EcdsaP256, PeerKeyKind.Rsa2048)]
    public async Task HandshakeAsync_SchemeOfAnotherKind_SaysSo(PeerKeyKind presented, PeerKeyKind signing)
    {
        byte[] key = PeerKeyPair.Create(presented).SubjectPublicKeyInfo.ToArray();

        await RefusedAsync("does not fit", new PresentingServer(Peer(PeerKeyPair.Create(signing)), key));
    }

    [Fact]
    public async Task HandshakeAsync_SchemeNotOffered_Refused()
    {
        Mandos.Abstractions.Tls.ITlsHandshaker handshaker = CreateHandshaker($"{Tls12}:-SIGN-ALL:+SIGN-RSA-SHA512");
        PeerKeyPair key = PeerKeyPair.Create(PeerKeyKind.Rsa2048, SignatureScheme.rsa_pkcs1_sha512);
        await ExchangeAsync(Peer(key), handshaker: handshaker);

        foreach (int scheme in (int[])[SignatureScheme.rsa_pkcs1_sha1, SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.rsa_pss_rsae_sha512])
        {
            PeerOptions peer = Peer(PeerKeyPair.Create(PeerKeyKind.Rsa2048, scheme));
            await RefusedAsync(stream => MandosPeer.ServeAsync(stream, peer, Token), handshaker);
        }
    }

    /// <summary>The extension would have us read an OpenPGP key in a handshake of TLS 1.3.</summary>
    [Fact]
    public async Task HandshakeAsync_Tls12WithOpenPgpAfterHelloRetryRequest_Refused()
    {
        string reason = await RefusedAsync(async stream =>
        {
            byte[] hello = new byte[4096];
            await stream.ReadAtLeastAsync(hello, 100, cancellationToken: Token);
            byte[] id = hello[44..76];
            await stream.WriteAsync(
                ServerHello(_helloRetryRequest, id, 0x1302, [0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 23]), Token);
            await stream.ReadAtLeastAsync(hello, 100, cancellationToken: Token);
            await stream.WriteAsync(
                ServerHello(new byte[32], id, 0xC030, [0, 9, 0, 1, 1, 0, 23, 0, 0, 0xFF, 1, 0, 1, 0]), Token);
        }, CreateHandshaker("NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA"));

        Assert.Contains("does not follow TLS", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_KeyThatCannotDecrypt_SaysSo() => await RefusedAsync("!RSA", new PresentingServer(
        Peer(_rsa) with { CipherSuites = [CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256] },
        PeerKeyPair.Create(PeerKeyKind.RsaPss2048).SubjectPublicKeyInfo.ToArray()));

    [Fact]
    public async Task HandshakeAsync_X509_SaysSo()
        => await RefusedAsync("offers only X.509", new PresentingServer(Peer(_rsa), _rsa.SubjectPublicKeyInfo.ToArray()) { IsX509 = true });

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 1, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { })]
    public async Task HandshakeAsync_NoKey_Refused(byte[] message)
        => await RefusedAsync("", Peer(_rsa), new MessageProtocol(message));

    [Fact]
    public async Task HandshakeAsync_TwoKeys_Refused()
    {
        byte[] key = OpenPgpIdentity.Message(_rsa.SubjectPublicKeyInfo.ToArray());

        await RefusedAsync("", Peer(_rsa), new MessageProtocol([.. key, .. key]));
    }

    [Fact]
    public async Task HandshakeAsync_BytesAfterKey_SaysSo()
    {
        byte[] key = OpenPgpIdentity.Message([.. _rsa.SubjectPublicKeyInfo.Span, 0]);

        await RefusedAsync("not valid DER", Peer(_rsa), new MessageProtocol(key));
    }

    [Theory]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData(CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData(CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)]
    public async Task HandshakeAsync_NoCertificateMessage_Refused(int cipherSuite)
        => await RefusedAsync("", Peer(_rsa) with { CipherSuites = [cipherSuite] }, new SilentProtocol());

    [Theory]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData(CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)]
    public async Task HandshakeAsync_NoSignedKeyExchange_Refused(int cipherSuite)
        => await RefusedAsync("unexpected_message", Peer(_rsa) with { CipherSuites = [cipherSuite] }, new UnsignedProtocol());

    [Fact]
    public async Task HandshakeAsync_OpenPgpWithoutOffer_Refused()
        => await RefusedAsync("did not offer", Peer(_rsa), new OpenPgpServerProtocol([0, 0, 0]));

    [Fact]
    public async Task HandshakeAsync_NoExtendedMasterSecret_SaysWhatToAdd()
        => await RefusedAsync("%NO_SESSION_HASH", Peer(_rsa) with { HasExtendedMasterSecret = false }, new TlsServerProtocol());

    [Fact]
    public async Task HandshakeAsync_NoExtendedMasterSecretWanted_Succeeds() => await ExchangeAsync(
        Peer(_rsa) with { HasExtendedMasterSecret = false }, handshaker: CreateHandshaker($"{Tls12}:%NO_SESSION_HASH"));

    [Fact]
    public async Task HandshakeAsync_NoSafeRenegotiation_SaysWhatToAdd()
        => await RefusedAsync("%PARTIAL_RENEGOTIATION", Peer(_rsa), new OldProtocol());

    [Fact]
    public async Task HandshakeAsync_NoSafeRenegotiationWanted_Succeeds()
    {
        using Connection connection = await Connection.OpenAsync(Token);
        PeerOptions peer = Peer(_rsa);
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, new RawKeyServer(peer), new OldProtocol(), Token);
        using Mandos.Abstractions.Tls.ITlsSession session =
            await CreateHandshaker($"{Tls12}:%PARTIAL_RENEGOTIATION").HandshakeAsync(connection.Server, Token);
        await session.CloseAsync(Token);

        Assert.Equal(PeerEnding.CloseNotify, (await outcome).Ending);
    }

    [Fact]
    public async Task HandshakeAsync_NoEncryptThenMac_SaysWhatToLeaveOut()
    {
        PeerOptions peer = Peer(_rsa) with { CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA] };
        Func<Stream, Task> serve = stream => MandosPeer.ServeAsync(stream, new RawKeyServer(peer), new NoEtmProtocol(), Token);

        Assert.Contains("%FORCE_ETM", await RefusedAsync(serve, CreateHandshaker($"{Tls12}:%FORCE_ETM")), StringComparison.Ordinal);
        await ExchangeAsync(peer, handshaker: CreateHandshaker($"{Tls12}:%NO_ETM"));
        await ExchangeAsync(peer, handshaker: CreateHandshaker(Tls12));
    }

    [Theory]
    [InlineData(Tls12, 0x0302, "the peer chose TLS 1.1, and the priority string allows TLS1.2", "+VERS-TLS1.1")]
    [InlineData(PriorityString.Default, 0x0303, "the peer chose TLS 1.2, and the priority string allows TLS1.3", "+VERS-TLS1.2")]
    public async Task HandshakeAsync_VersionBelowOffer_SaysWhatToAdd(string priority, int version, string problem, string remedy)
    {
        byte[] hello = [(byte)(version >> 8), (byte)version, .. new byte[32], 0, 0xC0, 0x13, 0, 0, 0];
        byte[] record = [22, 3, 1, 0, (byte)(hello.Length + 4), (byte)HandshakeType.server_hello, 0, 0, (byte)hello.Length, .. hello];

        string reason = await RefusedAsync(stream => stream.WriteAsync(record, Token).AsTask(), CreateHandshaker(priority));

        Assert.StartsWith(problem, reason, StringComparison.Ordinal);
        Assert.EndsWith(remedy, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1016)]
    [InlineData(1023)]
    public async Task HandshakeAsync_FieldTooSmall_SaysSo(int bits) => await FieldRefusedAsync($"with {bits} bits", Field(bits, 2));

    [Theory]
    [InlineData(4097)]
    [InlineData(16384)]
    public async Task HandshakeAsync_FieldTooLarge_SaysSo(int bits) => await FieldRefusedAsync($"with {bits} bits", Field(bits, 2));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task HandshakeAsync_GeneratorOutOfRange_SaysSo(int generator)
        => await FieldRefusedAsync("cannot be right", Field(2048, generator));

    [Fact]
    public async Task HandshakeAsync_EvenModulus_SaysSo()
    {
        DHGroup odd = Field(2048, 2);

        await FieldRefusedAsync("cannot be right", new DHGroup(odd.P.Subtract(BigInteger.One), null, odd.G, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(5)]
    public async Task HandshakeAsync_PublicValueOutOfRange_Refused(int value)
    {
        BigInteger p = DHStandardGroups.rfc3526_2048.P;
        BigInteger y = value < 0 ? p.Subtract(BigInteger.One) : value == 5 ? p.Add(BigInteger.Two) : BigInteger.ValueOf(value);

        await RefusedAsync("", new FieldServer(Peer(_rsa), DHStandardGroups.rfc3526_2048, y), new TlsServerProtocol());
    }

    [Fact]
    public async Task HandshakeAsync_NamedFieldBelowProfile_SaysSo()
    {
        PeerOptions peer = Peer(_rsa) with { CipherSuites = [CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256] };

        string reason = await RefusedAsync(
            stream => MandosPeer.ServeAsync(stream, peer, Token), CreateHandshaker($"{Tls12}:-GROUP-ALL:+GROUP-FFDHE2048:%PROFILE_HIGH"));

        Assert.Contains("with 2048 bits; 3072", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_LargeFieldThatTheStringWants_Succeeds() => await ExchangeAsync(
        Peer(_rsa) with { CipherSuites = [CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256], Field = DHStandardGroups.rfc3526_8192 },
        handshaker: CreateHandshaker($"{Tls12}:%PROFILE_ULTRA"));

    [Fact]
    public async Task HandshakeAsync_LongMessage_Refused()
        => await RefusedAsync("", Peer(_rsa), new MessageProtocol(OpenPgpIdentity.Message(new byte[TlsLimits.HandshakeMessageBytes])));

    [Fact]
    public async Task HandshakeAsync_PeerRenegotiates_SessionGoesOnUnmoved()
    {
        using Connection connection = await Connection.OpenAsync(Token);
        RenegotiatingProtocol protocol = new();
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, new RawKeyServer(Peer(_rsa)), protocol, Token);
        using Mandos.Abstractions.Tls.ITlsSession session = await CreateHandshaker(Tls12).HandshakeAsync(connection.Server, Token);
        await session.WriteAsync("the secret"u8.ToArray(), Token);
        await session.CloseAsync(Token);

        PeerOutcome got = await outcome;
        Assert.True(protocol.HasAsked);
        Assert.Equal((PeerEnding.CloseNotify, "the secret"), (got.Ending, System.Text.Encoding.ASCII.GetString(got.Secret)));
    }

    private static byte[] ServerHello(byte[] random, byte[] sessionId, int suite, byte[] extensions)
    {
        byte[] body =
        [
            3, 3, .. random, (byte)sessionId.Length, .. sessionId, (byte)(suite >> 8), (byte)suite, 0,
            0, (byte)extensions.Length, .. extensions,
        ];
        return [22, 3, 3, 0, (byte)(body.Length + 4), (byte)HandshakeType.server_hello, 0, 0, (byte)body.Length, .. body];
    }

    private static DHGroup Field(int bits, int generator)
        => new(BigInteger.One.ShiftLeft(bits).Subtract(BigInteger.ValueOf(189)), null, BigInteger.ValueOf(generator), 0);

    private static PeerOptions Peer(PeerKeyPair key) => new(key)
    {
        Versions = [ProtocolVersion.TLSv12],
        CipherSuites =
        [
            key.PrivateKey is Org.BouncyCastle.Crypto.Parameters.RsaKeyParameters
                ? CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                : CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        ],
    };

    private Task FieldRefusedAsync(string reason, DHGroup field)
        => RefusedAsync(reason, new FieldServer(Peer(_rsa), field, BigInteger.Three), new TlsServerProtocol());

    private Task RefusedAsync(string reason, RawKeyServer server) => RefusedAsync(reason, server, new TlsServerProtocol());

    private Task RefusedAsync(string reason, PeerOptions peer, TlsServerProtocol protocol)
        => RefusedAsync(reason, new RawKeyServer(peer), protocol);

    private async Task RefusedAsync(string reason, RawKeyServer server, TlsServerProtocol protocol)
    {
        string actual = await RefusedAsync(
            stream => MandosPeer.ServeAsync(stream, server, protocol, Token), CreateHandshaker(Tls12));
        Assert.Contains(reason, actual, StringComparison.Ordinal);
    }

    /// <summary>Presents any key, and signs or decrypts with its own all the same.</summary>
    private sealed class PresentingServer(PeerOptions options, byte[] encoded) : RawKeyServer(options)
    {
        public bool IsX509 { get; init; }

        protected override Certificate Certificate => new(
            CertificateType.RawPublicKey, null, [new CertificateEntry(new EncodedCertificate(encoded), null)]);

        public override IDictionary<int, byte[]> GetServerExtensions()
        {
            IDictionary<int, byte[]> extensions = base.GetServerExtensions();
            if (IsX509)
            {
                extensions.Remove(ExtensionType.server_certificate_type);
            }

            return extensions;
        }
    }

    /// <summary>Exchanges keys by Diffie-Hellman with any numbers.</summary>
    private sealed class FieldServer(PeerOptions options, DHGroup field, BigInteger value)
        : RawKeyServer(options with { CipherSuites = [CipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256] })
    {
        public override TlsKeyExchangeFactory GetKeyExchangeFactory() => new Factory(field, value);

        private sealed class Factory(DHGroup field, BigInteger value) : DefaultTlsKeyExchangeFactory
        {
            public override TlsKeyExchange CreateDheKeyExchangeServer(int keyExchange, TlsDHConfig dhConfig)
                => new Exchange(keyExchange, field, value);
        }

        private sealed class Exchange(int keyExchange, DHGroup field, BigInteger value)
            : TlsDheKeyExchange(keyExchange, new TlsDHConfig(field))
        {
            public override byte[] GenerateServerKeyExchange()
            {
                using MemoryStream parameters = new();
                foreach (BigInteger number in (BigInteger[])[field.P, field.G, value])
                {
                    TlsUtilities.WriteOpaque16(number.ToByteArrayUnsigned() is { Length: > 0 } bytes ? bytes : [0], parameters);
                }

                SecurityParameters agreed = m_context.SecurityParameters;
                byte[] signed = [.. agreed.ClientRandom, .. agreed.ServerRandom, .. parameters.ToArray()];
                byte[] hash = System.Security.Cryptography.SHA256.HashData(signed);
                new DigitallySigned(m_serverCredentials.SignatureAndHashAlgorithm, m_serverCredentials.GenerateRawSignature(hash))
                    .Encode(parameters);
                return parameters.ToArray();
            }
        }
    }

    /// <summary>Sends any Certificate message, without its header.</summary>
    private class MessageProtocol(byte[]? message) : OpenPgpServerProtocol(message ?? [])
    {
        protected override void ChooseType(ServerHello serverHello)
        {
        }

        protected override void SendCertificateMessage(Certificate certificate, Stream? endPointHash)
        {
            if (message is not null)
            {
                base.SendCertificateMessage(certificate, endPointHash);
            }
        }
    }

    /// <summary>Sends no certificate.</summary>
    private sealed class SilentProtocol() : MessageProtocol(null);

    /// <summary>Leaves its key exchange out, and with it the signature.</summary>
    private sealed class UnsignedProtocol : TlsServerProtocol
    {
        protected override void SendServerKeyExchangeMessage(byte[] serverKeyExchange)
        {
        }
    }

    /// <summary>Does not know RFC 5746.</summary>
    private sealed class OldProtocol : TlsServerProtocol
    {
        protected override void SendServerHelloMessage(ServerHello serverHello)
        {
            serverHello.Extensions.Remove(ExtensionType.renegotiation_info);
            base.SendServerHelloMessage(serverHello);
        }
    }

    /// <summary>Does not know RFC 7366.</summary>
    private sealed class NoEtmProtocol : TlsServerProtocol
    {
        protected override void SendServerHelloMessage(ServerHello serverHello)
        {
            serverHello.Extensions.Remove(ExtensionType.encrypt_then_mac);
            base.SendServerHelloMessage(serverHello);
        }
    }

    /// <summary>Asks for a new handshake right after the first.</summary>
    private sealed class RenegotiatingProtocol : TlsServerProtocol
    {
        public bool HasAsked { get; private set; }

        protected override void CompleteHandshake()
        {
            base.CompleteHandshake();
            SafeWriteRecord(ContentType.handshake, [(byte)HandshakeType.hello_request, 0, 0, 0], 0, 4);
            HasAsked = true;
        }
    }
}
