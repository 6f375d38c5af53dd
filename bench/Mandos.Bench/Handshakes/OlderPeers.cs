using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.Bench.Handshakes;

/// <summary>Peers with TLS up to 1.2, and with each group in TLS 1.3.</summary>
internal static class OlderPeers
{
    /// <summary>Names, who makes the handshake, and the peers.</summary>
    /// <param name="usual">Takes raw keys and OpenPGP keys.</param>
    /// <param name="large">Takes large finite fields.</param>
    public static IEnumerable<(string Name, ITlsHandshaker Handshaker, PeerOptions Peer)> All(ITlsHandshaker usual, ITlsHandshaker large)
    {
        PeerOptions ecdhe = new(PeerKeyPair.Create(PeerKeyKind.Rsa2048))
        {
            Versions = [ProtocolVersion.TLSv12],
            CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],
        };
        PeerOptions dhe = ecdhe with { CipherSuites = [CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384] };
        PeerOptions cbc = ecdhe with { CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA] };
        using OpenPgpKeyMaker maker = new();
        OpenPgpIdentity identity = maker.Identity;
        PeerOptions openPgp = ecdhe with { Key = identity.Key, OpenPgpMessage = OpenPgpIdentity.Message(identity.Present()) };
        return
        [
            ("TLS 1.2, RSA 2048, ECDHE x25519", usual, ecdhe),
            ("TLS 1.2, RSA 2048, ECDHE secp256r1", usual, ecdhe with { Groups = [NamedGroup.secp256r1] }),
            ("TLS 1.2, RSA 2048, ECDHE secp384r1", usual, ecdhe with { Groups = [NamedGroup.secp384r1] }),
            ("TLS 1.0, RSA 2048, ECDHE x25519", usual, cbc with { Versions = [ProtocolVersion.TLSv10] }),
            ("TLS 1.2, RSA 2048, decryption", usual, ecdhe with { CipherSuites = [CipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384] }),
            ("TLS 1.2, RSA 2048, FFDHE2048", usual, dhe),
            ("TLS 1.2, RSA 2048, DHE 2048", usual, dhe with { Field = DHStandardGroups.rfc3526_2048 }),
            ("TLS 1.2, RSA 2048, DHE 3072", usual, dhe with { Field = DHStandardGroups.rfc3526_3072 }),
            ("TLS 1.2, RSA 2048, DHE 4096", usual, dhe with { Field = DHStandardGroups.rfc3526_4096 }),
            ("TLS 1.2, RSA 2048, DHE 8192", large, dhe with { Field = DHStandardGroups.rfc3526_8192 }),
            .. new[]
            {
                NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.secp521r1, NamedGroup.x448, NamedGroup.ffdhe2048,
                NamedGroup.ffdhe3072,
            }.Select(group => ($"TLS 1.3, RSA 2048, {NamedGroup.GetName(group)}", usual, new PeerOptions(ecdhe.Key) { Groups = [group] })),
            ("TLS 1.2, OpenPGP RSA 2048, ECDHE x25519", usual, openPgp),
            ("TLS 1.2, OpenPGP RSA 2048, DHE 3072", usual, dhe with
            {
                Key = identity.Key, OpenPgpMessage = openPgp.OpenPgpMessage, Field = DHStandardGroups.rfc3526_3072,
            }),
        ];
    }
}
