using System.Formats.Asn1;
using System.Security.Cryptography;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;

namespace Mandos.Fuzz.Targets;

/// <summary>A raw public key: refused with a reason, or taken, and then a signature that is not its own is refused too.</summary>
internal static class PublicKeyTarget
{
    private static readonly int[] _schemes =
    [
        SignatureScheme.ed25519, SignatureScheme.ed448, SignatureScheme.ecdsa_secp256r1_sha256, SignatureScheme.ecdsa_secp384r1_sha384,
        SignatureScheme.ecdsa_secp521r1_sha512, SignatureScheme.rsa_pss_rsae_sha256, SignatureScheme.rsa_pss_pss_sha256,
        SignatureScheme.rsa_pss_pss_sha384, SignatureScheme.rsa_pss_pss_sha512,
    ];

    /// <summary>What is in such keys: object identifiers, and the beginnings of lengths.</summary>
    public static IReadOnlyList<byte[]> Words { get; } =
    [
        .. ((string[])["06032B6570", "06032B6571", "06072A8648CE3D0201", "06082A8648CE3D030107", "06052B81040022", "06052B81040023",
            "06092A864886F70D0101010500", "06092A864886F70D01010A", "0500", "80", "81", "82", "84FFFFFFFF", "30", "03", "0300", "02", "0201"])
            .Select(Convert.FromHexString),
    ];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        byte[] encoded = data.ToArray();
        VerificationKey key;
        try
        {
            key = SubjectPublicKey.Read(encoded);
        }
        catch (PeerRefusedException e)
        {
            Expect.IsFitForTheLog(e.Reason);
            return;
        }

        AsnReader reader = new(encoded, AsnEncodingRules.DER);
        reader.ReadEncodedValue();
        Expect.That(!reader.HasData, "bytes follow a key that was taken");
        int scheme = _schemes.First(key.Fits);
        int size = key switch
        {
            Ed25519Key => 64,
            Ed448Key => 114,
            RsaKey => int.Parse(key.Name.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture) / 8,
            _ => 72,
        };
        byte[] signature = Shake128.IsSupported ? Shake128.HashData(encoded, size) : new byte[size];
        Expect.That(!key.Verify(scheme, "data"u8, signature), "a signature that nobody made is right");
        Expect.IsFitForTheLog(key.Name, 30);
    }

    public static IReadOnlyList<byte[]> Seeds()
        => [.. Enum.GetValues<PeerKeyKind>().Select(static kind => PeerKeyPair.Create(kind).SubjectPublicKeyInfo.ToArray())];
}
