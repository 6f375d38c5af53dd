namespace Mandos.Fuzz.Targets;

/// <summary>Any bytes in answer to our ClientHello: refused with a reason, never more than that.</summary>
/// <remarks>
/// The first byte chooses the way, the second one in pieces of how many bytes the others come. <see cref="SessionId"/> in them becomes
/// the session ID of our ClientHello, without which TLS 1.3 would go no further.
/// </remarks>
internal static class TlsBytesTarget
{
    /// <summary>Stands for our session ID.</summary>
    private static readonly byte[] _sessionId = "the session ID of the ClientHello"u8[..32].ToArray();

    public static IReadOnlyList<byte[]> Words { get; } =
    [
        [20, 3, 3, 0, 1, 1],
        [21, 3, 3, 0, 2, 1, 90], [21, 3, 3, 0, 2, 1, 0], [21, 3, 3, 0, 2, 2, 40],
        [22, 3, 3, 0, 4, 0, 0, 0, 0], [22, 3, 3, 0, 5, 24, 0, 0, 1, 1], [22, 3, 3, 0, 4, 14, 0, 0, 0], [22, 3, 3], [23, 3, 3, 0, 0],
        _sessionId,
    ];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2)
        {
            return;
        }

        TlsWay way = TlsWay.All[data[0] % TlsWay.All.Count];
        using Peer peer = new(data[2..].ToArray(), Math.Max(data[1] * 8, 1));
        Expect.That(!way.Handshake(peer), "a peer without a private key has succeeded");
    }

    /// <summary>What a right peer answers first, on each way.</summary>
    public static IReadOnlyList<byte[]> Seeds()
    {
        List<byte[]> seeds = [];
        for (int i = 0; i < TlsWay.All.Count; i++)
        {
            using Recorder recorder = new(TlsWay.All[i]);
            Expect.That(TlsWay.All[i].Handshake(recorder), $"way {i} does not work");
            foreach (byte[] flight in (byte[][])[recorder.FirstFlight, recorder.All])
            {
                seeds.Add([(byte)i, 255, .. flight]);
                seeds.Add([(byte)i, 1, .. flight]);
            }
        }

        return seeds;
    }

    /// <summary>The session ID in a ClientHello: after two headers, the version, the random bytes and its own length.</summary>
    private static ReadOnlySpan<byte> SessionId(ReadOnlySpan<byte> clientHello)
        => clientHello is [22, _, _, _, _, 1, ..] && clientHello.Length > 76 && clientHello[43] == 32 ? clientHello.Slice(44, 32) : default;

    private sealed class Peer(byte[] bytes, int most) : PeerStream(bytes, most)
    {
        private readonly byte[] _bytes = bytes;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ReadOnlySpan<byte> id = SessionId(buffer.Span);
            for (int at; !id.IsEmpty && (at = _bytes.AsSpan().IndexOf(_sessionId)) >= 0;)
            {
                id.CopyTo(_bytes.AsSpan(at));
            }

            return default;
        }
    }

    /// <summary>A right peer whose bytes are kept.</summary>
    private sealed class Recorder(TlsWay way) : HandshakePeer(way, [])
    {
        private byte[] _ours = [];

        public byte[] FirstFlight { get; private set; } = [];

        public byte[] All { get; private set; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _ours = _ours.Length == 0 ? SessionId(buffer.Span).ToArray() : _ours;
            return base.WriteAsync(buffer, cancellationToken);
        }

        protected override byte[] Send(byte[] records)
        {
            byte[] marked = [.. records];
            for (int at; _ours.Length > 0 && (at = marked.AsSpan().IndexOf(_ours)) >= 0;)
            {
                _sessionId.CopyTo(marked, at);
            }

            FirstFlight = FirstFlight.Length == 0 ? marked : FirstFlight;
            All = [.. All, .. marked];
            return records;
        }
    }
}
