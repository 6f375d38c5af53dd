using System.Net.Sockets;
using System.Security.Cryptography;
using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.Bench.Siege;

/// <summary>All floods. To add one, add it here.</summary>
internal static class Floods
{
    private const int Many = 12_000;
    private const string Older = "priority = NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP";
    private const string Fields = "priority = SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA:+GROUP-FFDHE3072";

    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly byte[] _line = "1\r\n"u8.ToArray();
    private static readonly byte[] _junk = RandomNumberGenerator.GetBytes(2000);

    public static IReadOnlyList<Flood> All { get; } =
    [
        new("none", "nobody", static (_, _) => Task.CompletedTask) { Strangers = 0, Limit = _second },

        // Connections
        new("silent", "send nothing", SilentAsync) { Limit = _second },
        new("silent-64", "send nothing, from one /64", SilentAsync) { Limit = _second, Strangers = Many, From = Sources.OneSubnet },
        new("silent-48", "send nothing, from one /48", SilentAsync) { Limit = _second, Strangers = Many, From = Sources.OneSite },
        new("line", "send their line and nothing more", static (socket, token) => SendAsync(socket, _line, token)) { Limit = _second },
        new("junk", "send junk", static (socket, token) => SendAsync(socket, _junk, token)) { Limit = _second },
        new("junk-tls", "send their line and junk", static (socket, token) => SendAsync(socket, [.. _line, .. _junk], token)) { Limit = _second },
        new("reset", "connect and reset", ResetAsync) { Limit = _second, Strangers = 200 },

        // Handshakes: each group, by an answer that costs the stranger nothing
        Group("x25519", NamedGroup.x25519),
        Group("p256", NamedGroup.secp256r1),
        Group("p384", NamedGroup.secp384r1),
        Group("x448", NamedGroup.x448),
        Group("p384-64", NamedGroup.secp384r1) with { Strangers = Many, From = Sources.OneSubnet, Description = "answer with P-384, from one /64" },
        Group("p384-48", NamedGroup.secp384r1) with { Strangers = Many, From = Sources.OneSite, Description = "answer with P-384, from one /48" },
        Group("p521", NamedGroup.secp521r1) with { Settings = Fields.Replace("FFDHE3072", "SECP521R1:+GROUP-X25519", StringComparison.Ordinal) },
        Group("ffdhe3072", NamedGroup.ffdhe3072) with { Settings = Fields },
        new("retry", "ask for another group and go", static (socket, token) => CannedServer.AnswerAsync(socket, NamedGroup.secp384r1, goesOn: false, token)),
        new("again", "the same, one connection at a time from each of 100 addresses",
            static (socket, token) => CannedServer.AnswerAsync(socket, NamedGroup.secp384r1, goesOn: false, token))
        {
            Strangers = 100,
            From = Sources.SomeAddresses,
        },

        // Handshakes: keys. These strangers compute about as much as the server does.
        Peer("ed25519", new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Ed25519))),
        Peer("rsa2048", new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa2048))),
        Peer("rsa4096", new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Rsa4096))),
        Peer("tls12", Tls12(CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) with { Groups = [NamedGroup.secp384r1] }) with { Settings = Older },
        Peer("tls12-dhe", Tls12(CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384) with { Field = DHStandardGroups.rfc3526_4096 })
            with { Settings = Older },
        Peer("tls12-rsa", Tls12(CipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384)) with { Settings = Older },
        Peer("openpgp", OpenPgp()) with { Settings = Older },

        // All that the tests know of
        Hostile("hostile", HostilePeer.OfTls13),
        Hostile("hostile-tls12", HostilePeer.OfTls12) with { Settings = Older },
    ];

    private static Flood Group(string name, int group) => new(
        name, $"answer with {NamedGroup.GetName(group)}", (socket, token) => CannedServer.AnswerAsync(socket, group, goesOn: true, token));

    private static Flood Peer(string name, PeerOptions options) => new(name, $"complete the handshake: {name}", async (socket, token) =>
    {
        await using var stream = new NetworkStream(socket);
        await MandosPeer.FetchAsync(stream, options, token);
    })
    {
        Strangers = 300,
    };

    private static Flood Hostile(string name, IReadOnlyList<HostilePeer> peers) => new(name, $"all peers of {name}", async (socket, token) =>
    {
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(_line, token);
        await peers[Random.Shared.Next(peers.Count)].Attack(stream, token);
        await stream.CopyToAsync(Stream.Null, token);
    })
    {
        Strangers = 300,
    };

    private static PeerOptions Tls12(int suite) => new(PeerKeyPair.Create(PeerKeyKind.Rsa2048))
    {
        Versions = [ProtocolVersion.TLSv12],
        CipherSuites = [suite],
    };

    private static PeerOptions OpenPgp()
    {
        using OpenPgpKeyMaker maker = new();
        OpenPgpIdentity identity = maker.Identity;
        return Tls12(CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) with
        {
            Key = identity.Key,
            OpenPgpMessage = OpenPgpIdentity.Message(identity.Present()),
        };
    }

    private static Task SilentAsync(Socket socket, CancellationToken token) => SendAsync(socket, [], token);

    /// <summary>Sends something and waits to be cut off.</summary>
    private static async Task SendAsync(Socket socket, byte[] data, CancellationToken token)
    {
        await socket.SendAsync(data, token);
        byte[] buffer = new byte[512];
        while (await socket.ReceiveAsync(buffer, token) > 0)
        {
        }
    }

    private static Task ResetAsync(Socket socket, CancellationToken token)
    {
        socket.LingerState = new LingerOption(true, 0);
        return Task.CompletedTask;
    }
}
