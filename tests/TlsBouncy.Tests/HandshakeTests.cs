using Mandos.Abstractions.Tls;
using Mandos.TestKit;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests;

/// <summary>Exchanges with well-behaved peers.</summary>
public sealed class HandshakeTests : TlsTest
{
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
        PeerOptions peer = HonestPeer() with { CipherSuites = [cipherSuite] };

        Assert.Contains(CipherSuites.Name(cipherSuite), await ExchangeAsync(peer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NamedGroup.x25519)]
    [InlineData(NamedGroup.x448)]
    [InlineData(NamedGroup.secp256r1)]
    [InlineData(NamedGroup.secp384r1)]
    [InlineData(NamedGroup.secp521r1)]
    public async Task HandshakeAsync_EachGroup_PeerGetsSecret(int group)
    {
        PeerOptions peer = HonestPeer() with { Groups = [group] };

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
        PeerOptions peer = HonestPeer();
        byte[] secret = new byte[size];
        new Random(size).NextBytes(secret);

        await ExchangeAsync(peer, secret);
    }

    [Fact]
    public async Task HandshakeAsync_OneByteAtATime_Succeeds()
    {
        PeerOptions peer = HonestPeer();
        using Connection connection = await Connection.OpenAsync(Token);
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, peer, Token);
        using ITlsSession session = await Handshaker.HandshakeAsync(new CountingStream(connection.Server, atMost: 1), Token);
        await session.CloseAsync(Token);

        Assert.Equal(PeerEnding.CloseNotify, (await outcome).Ending);
    }

    [Fact]
    public async Task HandshakeAsync_ManyWhileOthersAreSilent_AllSucceed()
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        List<Connection> silent = [];
        List<Task> waiting = [];
        for (int i = 0; i < 8 * Environment.ProcessorCount; i++)
        {
            silent.Add(await Connection.OpenAsync(Token));
            waiting.Add(Handshaker.HandshakeAsync(silent[i].Server, end.Token).AsTask());
        }

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ExchangeAsync(HonestPeer())));

        Assert.DoesNotContain(waiting, static task => task.IsCompleted);
        await end.CancelAsync();
        foreach (Task task in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        silent.ForEach(static connection => connection.Dispose());
    }

    [Fact]
    public async Task HandshakeAsync_RightPeer_DebugLogHasEachStep()
    {
        TestPluginContext context = new();
        using BouncyTlsBackend backend = new(context);

        await ExchangeAsync(HonestPeer(), handshaker: backend.CreateHandshaker(PriorityString.Default));

        string[] lines = [.. context.Logged.Select(logged => logged.Text)];
        string begin = lines[0][..(lines[0].IndexOf(':', StringComparison.Ordinal) + 2)];
        Assert.All(lines, line => Assert.StartsWith(begin, line, StringComparison.Ordinal));
        Assert.Equal(
            [
                "received server_hello", "the peer chose TLS 1.3", "received encrypted_extensions", "received certificate",
                "the peer presents a key", "received certificate_verify", "received finished", "complete",
            ],
            lines.Select(line => line[begin.Length..].Split(',')[0].Split(" after ")[0]));
        Assert.EndsWith("bytes, TLS 1.3, TLS_AES_256_GCM_SHA384, x25519, Ed25519, ed25519", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_PeerRefused_DebugLogSaysHowFarItCame()
    {
        TestPluginContext context = new();
        using BouncyTlsBackend backend = new(context);

        string reason = await RefusedAsync(
            stream => stream.WriteAsync("GET / HTTP/1.1\r\n"u8.ToArray(), Token).AsTask(), backend.CreateHandshaker(PriorityString.Default));

        Assert.EndsWith($": not completed: {reason}", Assert.Single(context.Logged).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_CancelledBefore_Throws()
    {
        using Connection connection = await Connection.OpenAsync(Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Handshaker.HandshakeAsync(connection.Server, new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(PriorityString.Default)]
    [InlineData("SECURE256:!CTYPE-X.509:+CTYPE-RAWPK:!RSA")]
    [InlineData("SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256")]
    [InlineData("SUITEB192:+CTYPE-RAWPK")]
    [InlineData("NORMAL:+CTYPE-RAWPK")]
    [InlineData("NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK")]
    [InlineData("NORMAL:-VERS-ALL:+VERS-TLS1.1:+CTYPE-RAWPK")]
    [InlineData("NORMAL:-VERS-ALL:+VERS-TLS1.0:+CTYPE-OPENPGP")]
    [InlineData("NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK:-KX-ALL:+DHE-RSA")]
    [InlineData("NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK:-KX-ALL:+RSA")]
    [InlineData("NORMAL:+CTYPE-RAWPK:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512")]
    [InlineData("NORMAL:+CTYPE-RAWPK:-SIGN-ALL:+SIGN-EDDSA-ED448")]
    public async Task WarmUpAsync_AnyPriorityString_Succeeds(string priority) => await CreateHandshaker(priority).WarmUpAsync(Token);
}
