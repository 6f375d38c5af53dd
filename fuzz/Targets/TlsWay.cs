using Mandos.Abstractions.Tls;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.OpenSsl;
using Mandos.TlsBouncy.Priority;
using Microsoft.Extensions.Logging.Abstractions;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.Fuzz.Targets;

/// <summary>One of the ways to make a handshake, with keys as short as may be, for speed.</summary>
/// <param name="Priority">Our priority string.</param>
/// <param name="Options">The peer.</param>
/// <param name="Identity">The key that the peer owns.</param>
internal sealed record TlsWay(string Priority, PeerOptions Options, PeerKey Identity)
{
    private const string Old = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK";
    private const string OpenPgp = "NORMAL:+VERS-ALL:+SHA1:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP";

    private static readonly HandshakeCrypto _crypto = new(LibCrypto.IsAvailable);

    public static IReadOnlyList<TlsWay> All { get; } = Make();

    public ITlsHandshaker Handshaker { get; } =
        new Handshaker(PriorityString.Parse(Priority), _crypto, NullLogger.Instance, TimeProvider.System);

    /// <summary>The key as it stands in the Certificate message, or will, changed or not.</summary>
    public byte[] Presented => Options.OpenPgpMessage ?? Options.Key.SubjectPublicKeyInfo.ToArray();

    /// <summary>Has us make a handshake and send something, and checks how that ends.</summary>
    /// <returns>Whether the handshake succeeded.</returns>
    public bool Handshake(Stream stream)
    {
        try
        {
            using ITlsSession session = PeerStream.Completed(Handshaker.HandshakeAsync(stream, CancellationToken.None));
            Expect.That(session.PeerKey == Identity || (session.PeerKey.Type == Identity.Type
                && session.PeerKey.Encoded.Span.SequenceEqual(Identity.Encoded.Span)), "a key that the peer does not own was taken");
            Expect.IsFitForTheLog(session.Description);
            PeerStream.Completed(session.WriteAsync("secret"u8.ToArray(), CancellationToken.None));
            PeerStream.Completed(session.CloseAsync(CancellationToken.None));
            return true;
        }
        catch (TlsHandshakeException e)
        {
            Expect.IsFitForTheLog(e.Message);
            Expect.That(e.InnerException is null or TlsException or IOException, $"not foreseen: {e.InnerException}");
            return false;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    private static TlsWay[] Make()
    {
        PeerKeyPair ed25519 = PeerKeyPair.Create(PeerKeyKind.Ed25519);
        PeerKeyPair p256 = PeerKeyPair.Create(PeerKeyKind.EcdsaP256);
        PeerKeyPair rsa = PeerKeyPair.Create(PeerKeyKind.Rsa1024);
        OpenPgpKeyMaker maker = new(1024);
        PeerOptions openPgp = new(maker.Identity.Key)
        {
            OpenPgpMessage = OpenPgpIdentity.Message(maker.Identity.Present()),
            Versions = [ProtocolVersion.TLSv12],
            CipherSuites = [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384],
            Field = DHStandardGroups.rfc2409_1024,
        };
        PeerKey openPgpKey = new(PeerKeyType.OpenPgp, maker.Body);
        return
        [
            Raw(PriorityString.Default, new PeerOptions(ed25519)),
            Raw(PriorityString.Default, new PeerOptions(p256) { Groups = [NamedGroup.secp256r1] }),
            Raw(Old, Tls12(ed25519, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)),
            Raw(Old, Tls12(rsa, CipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA)),
            Raw(Old, Tls12(rsa, CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)),
            new(OpenPgp, openPgp, openPgpKey),
            new(OpenPgp, openPgp with
            {
                Versions = [ProtocolVersion.TLSv10],
                CipherSuites = [CipherSuite.TLS_DHE_RSA_WITH_AES_128_CBC_SHA],
                HasExtendedMasterSecret = false,
            }, openPgpKey),
        ];
    }

    private static PeerOptions Tls12(PeerKeyPair key, int suite) => new(key)
    {
        Versions = [ProtocolVersion.TLSv12],
        CipherSuites = [suite],
        Field = DHStandardGroups.rfc2409_1024,
    };

    private static TlsWay Raw(string priority, PeerOptions options)
        => new(priority, options, new PeerKey(PeerKeyType.RawPublicKey, options.Key.SubjectPublicKeyInfo));
}
