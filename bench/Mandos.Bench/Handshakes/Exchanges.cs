using System.Globalization;
using Mandos.Abstractions.Tls;
using Mandos.TestKit;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.OpenSsl;
using Mandos.TlsBouncy.Priority;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Bench.Handshakes;

/// <summary>What one exchange of TLS costs the server, by the kind of the peer's key, and of what older peers choose. It has no sockets, and
/// one thread plays both sides; the peer's part is measured apart and left out.</summary>
internal static class Exchanges
{
    public static async Task RunAsync(string[] args)
    {
        const int rounds = 40;
        int exchanges = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 25;
        byte[] secret = new byte[1500];

        ITlsHandshaker managed = Create(PriorityString.Default, useLibCrypto: false);
        ITlsHandshaker native = Create(PriorityString.Default, useLibCrypto: true);

        Console.WriteLine($"libcrypto is {(LibCrypto.IsAvailable ? "" : "not ")}available; the best of {rounds} rounds of {exchanges}");
        Console.WriteLine("peer's key   BouncyCastle alone     with libcrypto         CPU");
        foreach (PeerKeyKind kind in (PeerKeyKind[])
            [PeerKeyKind.Ed25519, PeerKeyKind.Ed448, PeerKeyKind.EcdsaP256, PeerKeyKind.EcdsaP384, PeerKeyKind.EcdsaP521, PeerKeyKind.Rsa2048,
             PeerKeyKind.Rsa4096])
        {
            PeerOptions peer = new(PeerKeyPair.Create(kind));
            Cost before = new(double.MaxValue, long.MaxValue);
            Cost after = before;
            for (int round = 0; round < rounds; round++)
            {
                // By turns, so that whatever else the machine does troubles both alike.
                before = before.Min(await MeasureAsync(managed, peer));
                after = after.Min(await MeasureAsync(native, peer));
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{kind,-10} {before}   {after}   {after.Milliseconds / before.Milliseconds:P0}"));
        }

        Console.WriteLine();
        ITlsHandshaker older = Create("NORMAL:+CTYPE-RAWPK:+CTYPE-OPENPGP:%PROFILE_LOW", useLibCrypto: true);
        ITlsHandshaker large = Create("NORMAL:+CTYPE-RAWPK:+GROUP-FFDHE8192", useLibCrypto: true);
        foreach ((string name, ITlsHandshaker handshaker, PeerOptions peer) in OlderPeers.All(older, large))
        {
            Cost cost = new(double.MaxValue, long.MaxValue);
            for (int round = 0; round < rounds / 4; round++)
            {
                cost = cost.Min(await MeasureAsync(handshaker, peer));
            }

            Console.WriteLine($"{name,-40} {cost}");
        }

        ITlsHandshaker Create(string priority, bool useLibCrypto) => new Handshaker(PriorityString.Parse(priority),
            new HandshakeCrypto(useLibCrypto), NullLogger.Instance, TimeProvider.System);

        async Task<Cost> MeasureAsync(ITlsHandshaker handshaker, PeerOptions peer)
        {
            Cost sum = default;
            for (int i = 0; i < exchanges; i++)
            {
                using PeerStream stream = new(peer);
                Cost start = Cost.Now();
                using (ITlsSession session = await handshaker.HandshakeAsync(stream, CancellationToken.None))
                {
                    await session.WriteAsync(secret, CancellationToken.None);
                    await session.CloseAsync(CancellationToken.None);
                }

                sum += Cost.Now() - start - stream.PeersPart;
            }

            return sum / exchanges;
        }
    }
}
