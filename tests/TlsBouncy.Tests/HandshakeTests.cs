using Mandos.Abstractions.Tls;
using Mandos.TestPeers;
using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests;

/// <summary>Exchanges with well-behaved peers.</summary>
public sealed class HandshakeTests : IDisposable
{
    private readonly BouncyTlsBackend _backend = new(new FakePluginContext());
    private readonly ITlsHandshaker _handshaker;

    public HandshakeTests() => _handshaker = _backend.CreateHandshaker(PriorityString.Default);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<PeerKeyKind> Kinds => [.. Enum.GetValues<PeerKeyKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HandshakeAsync_EachKindOfKey_PeerGetsSecretAndSessionHasKey(PeerKeyKind kind)
    {
        PeerOptions peer = new(PeerKeyPair.Create(kind));

        string description = await ExchangeAsync(peer);

        Assert.StartsWith("TLS 1.3, TLS_AES_256_GCM_SHA384, x25519, ", description, StringComparison.Ordinal);
        Assert.EndsWith(SignatureScheme.GetName(peer.Key.SignatureScheme), description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData(CipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData(CipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    [InlineData(CipherSuite.TLS_AES_128_CCM_SHA256)]
    public async Task HandshakeAsync_EachCipherSuite_PeerGetsSecret(int cipherSuite)
    {
        PeerOptions peer = new(PeerKeyPair.Create(PeerKeyKind.Ed25519)) { CipherSuites = [cipherSuite] };

        Assert.Contains(CipherSuites.Name(cipherSuite), await ExchangeAsync(peer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NamedGroup.x25519)]
    [InlineData(NamedGroup.x448)]
    [InlineData(NamedGroup.secp256r1)]
    [InlineData(NamedGroup.secp384r1)]
    [InlineData(NamedGroup.secp521r1)]
    [InlineData(NamedGroup.ffdhe2048)]
    [InlineData(NamedGroup.ffdhe3072)]
    public async Task HandshakeAsync_EachGroup_PeerGetsSecret(int group)
    {
        PeerOptions peer = new(PeerKeyPair.Create(PeerKeyKind.Ed25519)) { Groups = [group] };

        Assert.Contains(NamedGroup.GetName(group), await ExchangeAsync(peer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(1024 * 1024)]
    public async Task WriteAsync_AnySize_ArrivesWhole(int size)
    {
        PeerOptions peer = new(PeerKeyPair.Create(PeerKeyKind.Ed25519));
        byte[] secret = new byte[size];
        new Random(size).NextBytes(secret);

        await ExchangeAsync(peer, secret);
    }

    [Fact]
    public async Task WarmUpAsync_Always_Succeeds() => await _handshaker.WarmUpAsync(Token);

    public void Dispose() => _backend.Dispose();

    private Task<string> ExchangeAsync(PeerOptions peer) => ExchangeAsync(peer, "the secret"u8.ToArray());

    /// <returns>The session's description.</returns>
    private async Task<string> ExchangeAsync(PeerOptions peer, byte[] secret)
    {
        using Connection connection = await Connection.OpenAsync(Token);
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, peer, Token);
        using ITlsSession session = await _handshaker.HandshakeAsync(connection.Server, Token);
        Assert.Equal(PeerKeyType.RawPublicKey, session.PeerKey.Type);
        Assert.Equal(peer.Key.SubjectPublicKeyInfo.ToArray(), session.PeerKey.Encoded.ToArray());
        await session.WriteAsync(secret, Token);
        await session.CloseAsync(Token);

        PeerOutcome got = await outcome;
        Assert.Equal(PeerEnding.CloseNotify, got.Ending);
        Assert.Equal(secret, got.Secret);
        return session.Description;
    }
}
