using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace TlsBouncy.Tests.OpenPgp;

/// <summary>Exchanges with peers that present OpenPGP keys, as clients with GnuTLS before 3.6 do.</summary>
public sealed class OpenPgpHandshakeTests : TlsTest
{
    /// <summary>Stock's string for such clients.</summary>
    private const string Stocks = "SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256";

    /// <summary>Both kinds of client.</summary>
    private const string Both = "NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA";

    private static readonly OpenPgpKeyMaker _maker = new();

    public static TheoryData<string, int, int> Ways
    {
        get
        {
            TheoryData<string, int, int> ways = [];
            foreach (int cipherSuite in (int[])
                [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384])
            {
                ways.Add(Both, 0x0303, cipherSuite);
                ways.Add(Stocks, 0x0303, cipherSuite);
            }

            foreach (int cipherSuite in (int[])
                [CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, CipherSuite.TLS_DHE_RSA_WITH_AES_256_CBC_SHA])
            {
                ways.Add(Both, 0x0303, cipherSuite);
                ways.Add(Both, 0x0302, cipherSuite);
                ways.Add(Both, 0x0301, cipherSuite);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task HandshakeAsync_EachVersionAndKeyExchange_SessionHasKey(string priority, int version, int cipherSuite)
    {
        string description = await ExchangeAsync(priority, Peer(_maker.Identity) with
        {
            Versions = [ProtocolVersion.Get(version >> 8, version & 0xFF)],
            CipherSuites = [cipherSuite],
        });

        Assert.Contains("OpenPGP RSA 2048", description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_LengthAsGnutlsWritesIt_SessionHasKey() => await ExchangeAsync(Both, Peer(_maker.Identity) with
    {
        OpenPgpMessage = OpenPgpIdentity.Message(_maker.Identity.Present(), missing: 7),
    });

    [Fact]
    public async Task HandshakeAsync_FramedAsInRfc5081_SessionHasKey() => await ExchangeAsync(Both, Peer(_maker.Identity) with
    {
        OpenPgpMessage = OpenPgpIdentity.Message(_maker.Identity.Present(OpenPgpIdentity.KeyAlone)),
    });

    [Fact]
    public async Task HandshakeAsync_WithoutExtendedMasterSecret_SessionHasKey()
        => await ExchangeAsync(Both, Peer(_maker.Identity) with { HasExtendedMasterSecret = false });

    [Fact]
    public async Task HandshakeAsync_WithoutExtendedMasterSecretThoughForced_Refused() => await Assert.ThrowsAsync<TlsHandshakeException>(
        () => ExchangeAsync($"{Both}:%FORCE_SESSION_HASH", Peer(_maker.Identity) with { HasExtendedMasterSecret = false }));

    [Fact]
    public async Task HandshakeAsync_DefaultStringWithWhatTheLogSaysToAdd_SessionHasKey() => await ExchangeAsync(
        $"{PriorityString.Default}:+VERS-TLS1.2:+CTYPE-OPENPGP", Peer(_maker.Identity));

    [Fact]
    public async Task HandshakeAsync_LongKey_SessionHasKey()
    {
        byte[] ballast = OpenPgpKeyMaker.Packet(12, new byte[20_000]);

        await ExchangeAsync(Both, Peer(_maker.WithPackets(
            OpenPgpKeyMaker.UserIdPacket("a"), _maker.Certify("a"), ballast)));
    }

    [Fact]
    public async Task HandshakeAsync_RawKeyUnderSameString_SessionHasKey()
    {
        ITlsHandshaker handshaker = CreateHandshaker(Both);

        Assert.StartsWith("TLS 1.3", await ExchangeAsync(HonestPeer(), handshaker: handshaker), StringComparison.Ordinal);
        Assert.StartsWith("TLS 1.2", await ExchangeAsync(
            new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa2048)) with
            {
                Versions = [ProtocolVersion.TLSv12],
                CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],
            },
            handshaker: handshaker), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_AnothersKey_SaysSo()
    {
        using OpenPgpKeyMaker other = new();

        await RefusedAsync("does not own the public key", Peer(_maker.Identity) with { OpenPgpMessage = Message(other.Identity) });
    }

    [Fact]
    public async Task HandshakeAsync_ForgedCertification_SaysSo()
    {
        using OpenPgpKeyMaker other = new();
        byte[] forged = other.Sign(0x13, _maker.UserIdSubject("a"), OpenPgpKeyMaker.Subpacket(2, new byte[4]), issuer: _maker.Fingerprint[^8..]);

        await RefusedAsync("that is wrong", Peer(_maker.WithPackets(OpenPgpKeyMaker.UserIdPacket("a"), forged)));
    }

    [Fact]
    public async Task HandshakeAsync_KeyIdOfSubkey_SaysSo()
    {
        byte[] presented = _maker.Identity.Present();
        presented[5] ^= 1;

        await RefusedAsync("another key than its primary", Peer(_maker.Identity) with { OpenPgpMessage = OpenPgpIdentity.Message(presented) });
    }

    [Theory]
    [InlineData("0000", "presents no OpenPGP key")]
    [InlineData("00", "presents no OpenPGP key")]
    public async Task HandshakeAsync_NoKey_SaysSo(string rest, string reason) => await RefusedAsync(
        reason, Peer(_maker.Identity) with { OpenPgpMessage = OpenPgpIdentity.Message([1, 0, .. Convert.FromHexString(rest)]) });

    [Fact]
    public async Task HandshakeAsync_OnlyFingerprint_SaysSo() => await RefusedAsync(
        "just the fingerprint",
        Peer(_maker.Identity) with { OpenPgpMessage = OpenPgpIdentity.Message([3, 8, .. new byte[8], 20, .. _maker.Fingerprint]) });

    [Fact]
    public async Task HandshakeAsync_RawKeyWhereOpenPgpWasAgreed_Refused() => await RefusedAsync(
        "malformed",
        Peer(_maker.Identity) with { OpenPgpMessage = OpenPgpIdentity.Message(_maker.Identity.Key.SubjectPublicKeyInfo.ToArray()) });

    [Theory]
    [InlineData(1, "malformed")]
    [InlineData(6, "malformed")]
    [InlineData(8, "malformed")]
    [InlineData(-1, "ends too early")]
    public async Task HandshakeAsync_OtherWrongLength_Refused(int missing, string reason) => await RefusedAsync(
        reason, Peer(_maker.Identity) with { OpenPgpMessage = OpenPgpIdentity.Message(_maker.Identity.Present(), missing) });

    [Fact]
    public async Task HandshakeAsync_EmptyMessage_Refused()
        => await RefusedAsync("does not follow TLS", Peer(_maker.Identity) with { OpenPgpMessage = [0, 0, 0] });

    [Fact]
    public async Task HandshakeAsync_DefaultString_SaysWhatToAdd()
    {
        string reason = await RefusedAsync(
            stream => MandosPeer.ServeAsync(stream, Peer(_maker.Identity), Token), CreateHandshaker(PriorityString.Default));

        Assert.Contains("+VERS-TLS1.2:+CTYPE-OPENPGP", reason, StringComparison.Ordinal);
    }

    private static byte[] Message(OpenPgpIdentity identity) => OpenPgpIdentity.Message(identity.Present());

    private static PeerOptions Peer(OpenPgpIdentity identity) => new(identity.Key)
    {
        Versions = [ProtocolVersion.TLSv12],
        CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],
        Groups = [NamedGroup.x25519, NamedGroup.secp384r1],
        Field = DHStandardGroups.rfc3526_3072,
        OpenPgpMessage = Message(identity),
    };

    private async Task<string> ExchangeAsync(string priority, PeerOptions peer)
        => await ExchangeAsync(peer, handshaker: CreateHandshaker(priority), identity: new PeerKey(PeerKeyType.OpenPgp, _maker.Body));

    private async Task RefusedAsync(string reason, PeerOptions peer)
    {
        string actual = await RefusedAsync(stream => MandosPeer.ServeAsync(stream, peer, Token), CreateHandshaker(Both));
        Assert.Contains(reason, actual, StringComparison.Ordinal);
    }
}
