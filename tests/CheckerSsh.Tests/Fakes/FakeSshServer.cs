using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CheckerSsh.Tests.Fakes;

/// <summary>
/// The server's side of a key exchange (RFC 4253, with ECDH of RFC 5656), real in every part except for what the test changes.
/// </summary>
/// <param name="key">The host key it presents.</param>
internal sealed class FakeSshServer(FakeKey key)
{
    private const byte KexInit = 20;
    private const byte EcdhReply = 31;
    private const string Version = "SSH-2.0-Fake";

    /// <summary>Makes the signature, with the name of its algorithm, from the exchange hash.</summary>
    public Func<byte[], byte[]> Sign { get; init; } = hash => Signature(key.Algorithm, key.Sign(hash));

    /// <summary>Changes what is sent: gets the payload of each message.</summary>
    public Func<byte[], byte[]> Change { get; init; } = payload => payload;

    /// <summary>The host key that is sent.</summary>
    public byte[] Blob { get; init; } = key.Blob;

    /// <summary>Whether it sends its key and signature at all.</summary>
    public bool Replies { get; init; } = true;

    /// <summary>What the client sent after the key exchange; empty if it just closed.</summary>
    public byte[]? Rest { get; private set; }

    /// <summary>A signature with the name of its algorithm.</summary>
    public static byte[] Signature(string algorithm, byte[] bytes) => new SshWriter().String(algorithm).String(bytes).ToArray();

    public async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Version}\r\n"), cancellationToken);
        string clientVersion = await ReadLineAsync(stream, cancellationToken);
        byte[] serverInit = Init();
        await SendAsync(stream, Change(serverInit), cancellationToken);
        byte[] clientInit = await ReceiveAsync(stream, cancellationToken);
        byte[] ecdhInit = await ReceiveAsync(stream, cancellationToken);
        byte[] clientPoint = ecdhInit[5..];

        using ECDiffieHellman agreement = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = agreement.ExportParameters(includePrivateParameters: false).Q;
        byte[] serverPoint = [4, .. point.X!, .. point.Y!];
        using ECDiffieHellman client = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = clientPoint[1..33], Y = clientPoint[33..] },
        });
        byte[] hash = SHA256.HashData(new SshWriter()
            .String(clientVersion).String(Version).String(clientInit).String(serverInit).String(Blob)
            .String(clientPoint).String(serverPoint).Mpint(agreement.DeriveRawSecretAgreement(client.PublicKey)).ToArray());
        byte[] reply = new SshWriter().Byte(EcdhReply).String(Blob).String(serverPoint).String(Sign(hash)).ToArray();
        if (Replies)
        {
            await SendAsync(stream, Change(reply), cancellationToken);
        }

        using MemoryStream rest = new();
        await stream.CopyToAsync(rest, cancellationToken);
        Rest = rest.ToArray();
    }

    /// <summary>Sends one message, with padding (RFC 4253 section 6).</summary>
    private static async Task SendAsync(Stream stream, byte[] payload, CancellationToken cancellationToken)
    {
        int padding = 16 - ((payload.Length + 5) % 8);
        byte[] packet = new byte[5 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - sizeof(int));
        packet[4] = (byte)padding;
        payload.CopyTo(packet, 5);
        await stream.WriteAsync(packet, cancellationToken);
    }

    private byte[] Init() => new SshWriter().Byte(KexInit).Raw(RandomNumberGenerator.GetBytes(16))
        .String("ecdh-sha2-nistp256").String(key.Algorithm)
        .String("aes128-ctr").String("aes128-ctr").String("hmac-sha2-256").String("hmac-sha2-256")
        .String("none").String("none").String("").String("").Byte(0).Raw([0, 0, 0, 0]).ToArray();

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }
    }

    private static async Task<byte[]> ReceiveAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] header = new byte[5];
        await stream.ReadExactlyAsync(header, cancellationToken);
        byte[] rest = new byte[BinaryPrimitives.ReadInt32BigEndian(header) - 1];
        await stream.ReadExactlyAsync(rest, cancellationToken);
        return rest[..^header[4]];
    }
}
