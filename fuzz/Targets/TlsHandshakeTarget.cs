namespace Mandos.Fuzz.Targets;

/// <summary>A real handshake with a peer that does something otherwise than it should: refused with a reason, or harmless.</summary>
/// <remarks>The first byte chooses the way; each five more are a <see cref="TlsDamage"/>.</remarks>
internal static class TlsHandshakeTarget
{
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        TlsWay way = TlsWay.All[data[0] % TlsWay.All.Count];
        IReadOnlyList<TlsDamage> damages = TlsDamage.Read(data[1..]);
        using HandshakePeer peer = new(way, damages);
        Expect.That(way.Handshake(peer) || damages.Count > 0, "a right peer is refused");
    }

    /// <summary>Each damage to each message or record, on each way.</summary>
    public static IReadOnlyList<byte[]> Seeds() =>
    [
        .. Enumerable.Range(0, TlsWay.All.Count).Select(static way => new[] { (byte)way }),
        .. from way in Enumerable.Range(0, TlsWay.All.Count)
           from kind in Enum.GetValues<TlsDamageKind>()
           from index in Enumerable.Range(0, 6)
           select new[] { (byte)way, (byte)kind, (byte)index, (byte)0, (byte)(7 * index), (byte)(way + (3 * index)) },
    ];
}
