using Mandos.Abstractions.Tls;
using Mandos.TestPeers;

namespace TlsBouncy.Tests;

/// <summary>Exchanges with GnuTLS, which mandos-client uses.</summary>
public sealed class GnutlsTests : TlsTest
{
    public static TheoryData<PeerKeyKind> Kinds => [.. Enum.GetValues<PeerKeyKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HandshakeAsync_EachKindOfKey_SessionHasKey(PeerKeyKind kind) => await ExchangeAsync(kind, "");

    [Theory]
    [InlineData("GROUP-X25519", "x25519")]
    [InlineData("GROUP-X448", "x448")]
    [InlineData("GROUP-SECP256R1", "secp256r1")]
    [InlineData("GROUP-SECP384R1", "secp384r1")]
    [InlineData("GROUP-SECP521R1", "secp521r1")]
    [InlineData("GROUP-FFDHE2048", "ffdhe2048")]
    [InlineData("GROUP-FFDHE3072", "ffdhe3072")]
    public async Task HandshakeAsync_EachGroup_Succeeds(string group, string name) =>
        Assert.Contains(name, await ExchangeAsync(PeerKeyKind.Ed25519, $":-GROUP-ALL:+{group}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("AES-256-GCM", "TLS_AES_256_GCM_SHA384")]
    [InlineData("AES-128-GCM", "TLS_AES_128_GCM_SHA256")]
    [InlineData("CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256")]
    [InlineData("AES-128-CCM", "TLS_AES_128_CCM_SHA256")]
    public async Task HandshakeAsync_EachCipher_Succeeds(string cipher, string suite) =>
        Assert.Contains(suite, await ExchangeAsync(PeerKeyKind.Ed25519, $":-CIPHER-ALL:+{cipher}"), StringComparison.Ordinal);

    [Fact]
    public async Task HandshakeAsync_PeerAsksForOurCertificate_Succeeds() =>
        await ExchangeAsync(PeerKeyKind.Ed25519, "", asksForOurs: true);

    private async Task<string> ExchangeAsync(PeerKeyKind kind, string priority, bool asksForOurs = false)
    {
        PeerKeyPair key = PeerKeyPair.Create(kind);
        await using GnutlsServer server = new(key, priority, asksForOurs);
        using System.Net.Sockets.NetworkStream stream = await server.ConnectAsync(Token);
        using ITlsSession session = await Handshaker.HandshakeAsync(stream, Token);
        Assert.Equal(key.SubjectPublicKeyInfo.ToArray(), session.PeerKey.Encoded.ToArray());

        // The server echoes lines, which goes unread here, and closes when it is told of the end.
        await session.WriteAsync("the secret\n"u8.ToArray(), Token);
        await session.CloseAsync(Token);
        await session.WaitForPeerCloseAsync(Token);
        return session.Description;
    }
}
