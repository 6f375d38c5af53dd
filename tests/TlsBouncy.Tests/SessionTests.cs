using System.Collections;
using System.Reflection;
using System.Security.Cryptography;
using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.OpenSsl;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl;

namespace TlsBouncy.Tests;

/// <summary>What comes after the handshake.</summary>
public sealed class SessionTests : TlsTest
{
    [Fact]
    public async Task WaitForPeerCloseAsync_PeerCloses_Returns()
    {
        await using Opened opened = await OpenAsync();
        Task wait = opened.Session.WaitForPeerCloseAsync(Token).AsTask();

        opened.Connection.Peer.Dispose();

        await wait;
    }

    [Fact]
    public async Task WaitForPeerCloseAsync_PeerResets_Returns()
    {
        await using Opened opened = await OpenAsync();
        Task wait = opened.Session.WaitForPeerCloseAsync(Token).AsTask();

        opened.Connection.Peer.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        opened.Connection.Peer.Dispose();

        await wait;
    }

    [Fact]
    public async Task WaitForPeerCloseAsync_PeerSendsLittle_GoesOnWaitingAndCanBeCancelled()
    {
        await using Opened opened = await OpenAsync();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        CountingStream counted = opened.Counted;
        long before = counted.BytesRead;
        Task wait = opened.Session.WaitForPeerCloseAsync(end.Token).AsTask();

        await opened.Connection.Peer.WriteAsync(new byte[TlsLimits.BytesAfterHandshake], Token);
        while (counted.BytesRead - before < TlsLimits.BytesAfterHandshake)
        {
            await Task.Yield();
        }

        Assert.False(wait.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await opened.Session.WriteAsync("after all"u8.ToArray(), Token);
        await opened.Session.CloseAsync(Token);
        PeerOutcome outcome = await opened.Outcome;
        Assert.Equal(PeerEnding.CloseNotify, outcome.Ending);
        Assert.Equal("after all"u8, outcome.Secret);
    }

    [Fact]
    public async Task WaitForPeerCloseAsync_PeerSendsMuch_ReturnsWithoutReadingOn()
    {
        await using Opened opened = await OpenAsync();
        CountingStream counted = opened.Counted;
        long before = counted.BytesRead;
        Task flood = opened.Connection.Peer.WriteAsync(new byte[8 * TlsLimits.BytesAfterHandshake], Token).AsTask();

        await opened.Session.WaitForPeerCloseAsync(Token);
        await opened.Session.WaitForPeerCloseAsync(Token);

        Assert.InRange(counted.BytesRead - before, 0, TlsLimits.BytesAfterHandshake + (2 * TlsLimits.ReadBytes));
        await opened.Session.WriteAsync(new byte[100], Token);
        await flood;
    }

    [Fact]
    public async Task WriteAsync_PeerHasReset_IsAConnectionFault()
    {
        await using Opened opened = await OpenAsync();
        opened.Connection.Peer.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        opened.Connection.Peer.Dispose();
        await opened.Session.WaitForPeerCloseAsync(Token);

        await Assert.ThrowsAnyAsync<IOException>(async () => await opened.Session.WriteAsync(new byte[1024 * 1024], Token));
    }

    [Fact]
    public async Task WriteAsync_AfterClose_Throws()
    {
        await using Opened opened = await OpenAsync();
        await opened.Session.CloseAsync(Token);
        await opened.Session.CloseAsync(Token);

        await Assert.ThrowsAnyAsync<IOException>(async () => await opened.Session.WriteAsync(new byte[1], Token));
    }

    [Theory]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    [InlineData(0x1304)]
    public async Task WriteAsync_Afterwards_SessionHoldsNoPlainText(int cipherSuite)
    {
        await using Opened opened = await OpenAsync(HonestPeer() with { CipherSuites = [cipherSuite] });
        byte[] pattern = RandomNumberGenerator.GetBytes(8);
        byte[] secret = [.. Enumerable.Repeat(pattern, 500).SelectMany(static bytes => bytes)];

        await opened.Session.WriteAsync(secret, Token);

        List<byte[]> arrays = [];
        Gather(opened.Session, arrays, new HashSet<object>(ReferenceEqualityComparer.Instance));
        Assert.True(arrays.Count > 10, "the search must reach BouncyCastle's buffers");
        Assert.DoesNotContain(arrays, array => array.AsSpan().IndexOf(pattern) >= 0);
    }

    [Theory]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA)]
    [InlineData(CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    public async Task WriteAsync_AfterwardsInTls12_SessionHoldsNoPlainText(int cipherSuite)
    {
        await using Opened opened = await OpenAsync(
            new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa2048)) { Versions = [ProtocolVersion.TLSv12], CipherSuites = [cipherSuite] },
            CreateHandshaker("NORMAL:+CTYPE-RAWPK"));
        byte[] pattern = RandomNumberGenerator.GetBytes(8);

        await opened.Session.WriteAsync((byte[])[.. Enumerable.Repeat(pattern, 500).SelectMany(static bytes => bytes)], Token);

        List<byte[]> arrays = [];
        Gather(opened.Session, arrays, new HashSet<object>(ReferenceEqualityComparer.Instance));
        Assert.True(arrays.Count > 10, "the search must reach BouncyCastle's buffers");
        Assert.DoesNotContain(arrays, array => array.AsSpan().IndexOf(pattern) >= 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_Always_ZeroesWhatWasAgreedOn(bool isTls13)
    {
        await using Opened opened = isTls13
            ? await OpenAsync()
            : await OpenAsync(
                new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa2048))
                {
                    Versions = [ProtocolVersion.TLSv12],
                    CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],
                },
                CreateHandshaker("NORMAL:+CTYPE-RAWPK"));
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        Gather(opened.Session, [], seen);
        byte[][] secrets = [.. seen.OfType<AbstractTlsSecret>().Select(SecretBytes).OfType<byte[]>()];
        Assert.Contains(secrets, static secret => secret.AsSpan().ContainsAnyExcept((byte)0));

        opened.Session.Dispose();

        Assert.DoesNotContain(secrets, static secret => secret.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Forget_HandshakeFailed_ZeroesWhatWasAgreedOn()
    {
        HandshakeClient client = new(new HandshakeCrypto(LibCrypto.IsAvailable), PriorityString.Parse(PriorityString.Default), trace: null);
        HandshakeProtocol protocol = new(client, trace: null);
        protocol.Connect(client);
        TlsServerProtocol peer = new();
        peer.Accept(new RawKeyServer(HonestPeer()));
        peer.OfferInput(Output(protocol));
        byte[] flight = Output(peer);
        flight[^1] ^= 1; // in the Finished
        protocol.OfferInput(flight[..^1]);
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        Gather(protocol, [], seen);
        byte[][] secrets = [.. seen.OfType<AbstractTlsSecret>().Select(SecretBytes).OfType<byte[]>()];
        Assert.Contains(secrets, static secret => secret.AsSpan().ContainsAnyExcept((byte)0));

        Assert.Throws<TlsFatalAlert>(() => protocol.OfferInput(flight[^1..]));
        protocol.Forget();

        Assert.DoesNotContain(secrets, static secret => secret.AsSpan().ContainsAnyExcept((byte)0));
    }

    private static byte[] Output(TlsProtocol protocol)
    {
        byte[] output = new byte[protocol.GetAvailableOutputBytes()];
        protocol.ReadOutput(output, 0, output.Length);
        return output;
    }

    private static byte[]? SecretBytes(AbstractTlsSecret secret) => (byte[]?)typeof(AbstractTlsSecret)
        .GetField("m_data", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(secret);

    /// <summary>Gathers all byte arrays that an object holds.</summary>
    private static void Gather(object? from, List<byte[]> arrays, HashSet<object> seen)
    {
        if (from is null or string or Type or MemberInfo or Delegate or Task or CountingStream || !seen.Add(from))
        {
            return;
        }

        if (from is byte[] bytes)
        {
            arrays.Add(bytes);
            return;
        }

        if (from is Array array)
        {
            if (!array.GetType().GetElementType()!.IsPrimitive)
            {
                foreach (object? item in (IEnumerable)array)
                {
                    Gather(item, arrays, seen);
                }
            }

            return;
        }

        for (Type? type = from.GetType(); type is not null && !type.IsPrimitive; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer && !field.FieldType.IsByRefLike)
                {
                    Gather(field.GetValue(from), arrays, seen);
                }
            }
        }
    }

    private async Task<Opened> OpenAsync(PeerOptions? peer = null, ITlsHandshaker? handshaker = null)
    {
        Connection connection = await Connection.OpenAsync(Token);
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, peer ?? HonestPeer(), Token);
        CountingStream counted = new(connection.Server);
        return new Opened(connection, counted, await (handshaker ?? Handshaker).HandshakeAsync(counted, Token), outcome);
    }

    private sealed record Opened(Connection Connection, CountingStream Counted, ITlsSession Session, Task<PeerOutcome> Outcome)
        : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Session.Dispose();
            Connection.Dispose();
            try
            {
                await Outcome;
            }
            catch (ObjectDisposedException)
            {
                // The test closed its end.
            }
        }
    }
}
