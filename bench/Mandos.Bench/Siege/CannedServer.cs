using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Org.BouncyCastle.Tls;

namespace Mandos.Bench.Siege;

/// <summary>Answers in TLS 1.3 with what was made beforehand, so that the server computes and the stranger does not.</summary>
internal static class CannedServer
{
    /// <summary>The random value that makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3).</summary>
    private static readonly byte[] _retry = SHA256.HashData("HelloRetryRequest"u8);

    private static readonly Dictionary<int, byte[]> _shares = new()
    {
        [NamedGroup.x25519] = RandomNumberGenerator.GetBytes(32),
        [NamedGroup.x448] = RandomNumberGenerator.GetBytes(56),
        [NamedGroup.secp256r1] = Point(ECCurve.NamedCurves.nistP256),
        [NamedGroup.secp384r1] = Point(ECCurve.NamedCurves.nistP384),
        [NamedGroup.secp521r1] = Point(ECCurve.NamedCurves.nistP521),
        [NamedGroup.ffdhe2048] = [1, .. RandomNumberGenerator.GetBytes(255)],
        [NamedGroup.ffdhe3072] = [1, .. RandomNumberGenerator.GetBytes(383)],
    };

    /// <summary>Answers once, or asks for another group and then answers.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="group">The group to choose.</param>
    /// <param name="goesOn">Whether to go on after having asked for it.</param>
    /// <param name="token">Gives up.</param>
    public static async Task AnswerAsync(Socket socket, int group, bool goesOn, CancellationToken token)
    {
        await socket.SendAsync("1\r\n"u8.ToArray(), token);
        byte[] hello = await ReceiveHelloAsync(socket, token);
        if (group != NamedGroup.x25519)
        {
            await socket.SendAsync(ServerHello(hello, _retry, UInt16(group)), token);
            hello = await ReceiveHelloAsync(socket, token);
        }

        if (goesOn)
        {
            byte[] share = _shares[group];
            byte[] answer = ServerHello(hello, RandomNumberGenerator.GetBytes(32), [.. UInt16(group), .. UInt16(share.Length), .. share]);
            await socket.SendAsync((byte[])[.. answer, .. Record(ContentType.application_data, RandomNumberGenerator.GetBytes(64))], token);
            byte[] buffer = new byte[512];
            while (await socket.ReceiveAsync(buffer, token) > 0)
            {
            }
        }
    }

    /// <returns>The body of the next ClientHello.</returns>
    private static async Task<byte[]> ReceiveHelloAsync(Socket socket, CancellationToken token)
    {
        while (true)
        {
            byte[] header = await ReceiveAsync(socket, 5, token);
            byte[] record = await ReceiveAsync(socket, BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3)), token);
            if (header[0] == ContentType.handshake)
            {
                return record[4..];
            }

            if (header[0] == ContentType.alert)
            {
                throw new IOException("the server refuses");
            }
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int length, CancellationToken token)
    {
        byte[] buffer = new byte[length];
        for (int have = 0; have < length;)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(have), token);
            have += count > 0 ? count : throw new EndOfStreamException();
        }

        return buffer;
    }

    private static byte[] ServerHello(byte[] clientHello, byte[] random, byte[] keyShare)
    {
        byte[] sessionId = clientHello[34..(35 + clientHello[34])]; // with its length
        byte[] extensions = [0, 43, 0, 2, 3, 4, 0, 51, .. UInt16(keyShare.Length), .. keyShare];
        byte[] body = [3, 3, .. random, .. sessionId, 0x13, 0x01, 0, .. UInt16(extensions.Length), .. extensions];
        return Record(ContentType.handshake, [HandshakeTypeServerHello, 0, .. UInt16(body.Length), .. body]);
    }

    private const byte HandshakeTypeServerHello = 2;

    private static byte[] Record(short type, byte[] content) => [(byte)type, 3, 3, .. UInt16(content.Length), .. content];

    private static byte[] UInt16(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Point(ECCurve curve)
    {
        using var key = ECDiffieHellman.Create(curve);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. point.X!, .. point.Y!];
    }
}
