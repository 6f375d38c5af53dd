using System.Text;
using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Limits;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Hostile;

/// <summary>Peers that send floods, garbage or nothing.</summary>
public sealed class RecordTests : TlsTest
{
    private static readonly byte[] _changeCipherSpec = [20, 3, 3, 0, 1, 1];

    public static TheoryData<string, byte[]> Floods => new()
    {
        { "change_cipher_spec", _changeCipherSpec },
        { "warning alert", [21, 3, 3, 0, 2, (byte)AlertLevel.warning, (byte)AlertDescription.user_canceled] },
        { "hello_request", [22, 3, 3, 0, 4, (byte)HandshakeType.hello_request, 0, 0, 0] },
        { "empty handshake record", [22, 3, 3, 0, 0] },
        { "empty application data", [23, 3, 3, 0, 0] },
        { "first byte of a message", [22, 3, 3, 0, 1, 0] },
        { "long message", [22, 3, 3, 0, 4, (byte)HandshakeType.server_hello, 0xFF, 0xFF, 0xFF] },
        { "long record", [22, 3, 3, 0xFF, 0xFF] },
        { "unknown record", [99, 3, 3, 0, 1, 0] },
        { "SSL 2 hello", [0x80, 0x2E, 1, 0, 2] },
        { "HTTP request", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task HandshakeAsync_FloodInsteadOfServerHello_Refused(string what, byte[] unit)
    {
        string reason = await RefusedAsync(stream => FloodAsync(stream, unit));

        Assert.False(string.IsNullOrEmpty(reason), what);
    }

    [Fact]
    public async Task HandshakeAsync_FloodOfChangeCipherSpecAfterServerHello_LimitRefuses()
    {
        string reason = await RefusedAsync(async stream =>
        {
            TlsServerProtocol protocol = new();
            protocol.Accept(new RawKeyServer(HonestPeer()));
            byte[] flight = await FlightAsync(stream, protocol);
            int serverHello = 5 + ((flight[3] << 8) | flight[4]);
            await stream.WriteAsync(flight.AsMemory(0, serverHello), Token);
            await FloodAsync(stream, _changeCipherSpec);
        });

        Assert.Contains($"{TlsLimits.HandshakeBytes} bytes", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KeyUpdate", ContentType.handshake, new byte[] { (byte)HandshakeType.key_update, 0, 0, 1, 1 })]
    [InlineData("warning", ContentType.alert, new byte[] { (byte)AlertLevel.warning, (byte)AlertDescription.user_canceled })]
    [InlineData("close", ContentType.alert, new byte[] { (byte)AlertLevel.warning, (byte)AlertDescription.close_notify })]
    [InlineData("hello_request", ContentType.handshake, new byte[] { (byte)HandshakeType.hello_request, 0, 0, 0 })]
    [InlineData("ticket", ContentType.handshake, new byte[] { (byte)HandshakeType.new_session_ticket, 0, 0, 1, 1 })]
    [InlineData("data", ContentType.application_data, new byte[] { 1 })]
    [InlineData("long message", ContentType.handshake, new byte[] { (byte)HandshakeType.certificate, 0, 0x20, 1 })]
    public async Task HandshakeAsync_FloodInsteadOfCertificate_Refused(string what, short contentType, byte[] unit)
    {
        string reason = await RefusedAsync(stream => MandosPeer.ServeAsync(
            stream, new RawKeyServer(HonestPeer()), new FloodingProtocol(contentType, unit), Token));

        Assert.False(string.IsNullOrEmpty(reason), what);
    }

    [Fact]
    public async Task HandshakeAsync_PeerOfTls12_SaysWhatIsNeeded()
    {
        PeerOptions peer = HonestPeer() with { Versions = [ProtocolVersion.TLSv12] };

        string reason = await RefusedAsync(stream => MandosPeer.ServeAsync(stream, peer, Token));

        Assert.Contains("mandos-client must be 1.8 or later", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_ServerHelloOfTls12_SaysWhatIsNeeded()
    {
        byte[] serverHello =
            [22, 3, 3, 0, 42, (byte)HandshakeType.server_hello, 0, 0, 38, 3, 3, .. new byte[32], 0, 0x13, 0x02, 0];

        string reason = await RefusedAsync(stream => stream.WriteAsync(serverHello, Token).AsTask());

        Assert.Contains("mandos-client must be 1.8 or later", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_NothingInCommon_SaysWhatIsNeeded()
    {
        PeerOptions peer = HonestPeer() with { Groups = [NamedGroup.ffdhe8192] };

        string reason = await RefusedAsync(stream => MandosPeer.ServeAsync(stream, peer, Token));

        Assert.Contains("mandos-client must be 1.8 or later", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandshakeAsync_Garbage_Refused()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        for (int i = 0; i < 20; i++)
        {
            byte[] garbage = new byte[2 * TlsLimits.HandshakeBytes];
            random.NextBytes(garbage);
            await RefusedAsync(stream => stream.WriteAsync(garbage, Token).AsTask());
        }
    }

    [Fact]
    public async Task HandshakeAsync_CutAnywhere_IsAConnectionFault()
    {
        PeerOptions peer = HonestPeer();
        int length = await new ScriptedPeer(peer).LengthAsync(Handshaker);
        for (int cut = 0; cut < length; cut++)
        {
            await Assert.ThrowsAnyAsync<IOException>(
                async () => await Handshaker.HandshakeAsync(new ScriptedPeer(peer) { CutAt = cut }, Token));
        }
    }

    [Fact]
    public async Task HandshakeAsync_AnyBitFlipped_RefusedOrHarmless()
    {
        PeerOptions peer = HonestPeer();
        int length = await new ScriptedPeer(peer).LengthAsync(Handshaker);
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        int harmless = 0;
        for (int at = 0; at < length; at++)
        {
            try
            {
                using ITlsSession session = await Handshaker.HandshakeAsync(
                    new ScriptedPeer(peer) { FlipAt = at, FlipBit = random.Next(8), CutAt = length }, Token);
                Assert.Equal(peer.Key.SubjectPublicKeyInfo.ToArray(), session.PeerKey.Encoded.ToArray());
                harmless++;
            }
            catch (Exception e) when (e is TlsHandshakeException or IOException)
            {
                // Refused, or short of bytes.
            }
        }

        // Only the version in the header of a record means nothing (RFC 8446 section 5.1): two bytes of each.
        Assert.InRange(harmless, 0, 2 * 10);
    }

    /// <summary>The peer's first flight, in answer to a ClientHello.</summary>
    private async Task<byte[]> FlightAsync(Stream stream, TlsServerProtocol protocol)
    {
        byte[] clientHello = new byte[4096];
        while (protocol.GetAvailableOutputBytes() == 0)
        {
            int count = await stream.ReadAsync(clientHello, Token);
            protocol.OfferInput(clientHello, 0, count);
        }

        byte[] flight = new byte[protocol.GetAvailableOutputBytes()];
        protocol.ReadOutput(flight, 0, flight.Length);
        return flight;
    }

    private async Task FloodAsync(Stream stream, byte[] unit)
    {
        byte[] many = [.. Enumerable.Repeat(unit, (16 * 1024 / unit.Length) + 1).SelectMany(static bytes => bytes)];
        for (int i = 0; i < 64; i++)
        {
            await stream.WriteAsync(many, Token);
        }
    }

    /// <summary>Sends encrypted records over and over in place of its certificate.</summary>
    private sealed class FloodingProtocol(short contentType, byte[] unit) : TlsServerProtocol
    {
        protected override void Send13CertificateMessage(Certificate certificate)
        {
            for (int i = 0; i < 5000; i++)
            {
                SafeWriteRecord(contentType, unit, 0, unit.Length);
            }
        }
    }
}
