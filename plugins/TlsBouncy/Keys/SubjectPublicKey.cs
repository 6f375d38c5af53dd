using System.Formats.Asn1;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>Reads a SubjectPublicKeyInfo (RFC 5280 section 4.1) before anything computes with it.</summary>
/// <remarks>
/// Only DER is read, so that each key has one encoding and hence one key ID. An algorithm is compared as a whole with the
/// encodings that we take; this refuses unknown ones, curves given by their numbers, and parameters where there must be none.
/// </remarks>
internal static class SubjectPublicKey
{
    /// <summary>AlgorithmIdentifier to reader of the key's bits (RFC 8410, RFC 5480, RFC 3279, RFC 4055).</summary>
    private static readonly (byte[] Algorithm, Func<ReadOnlyMemory<byte>, VerificationKey> Read)[] _algorithms =
    [
        (Convert.FromHexString("300506032B6570"), static bits => new Ed25519Key(Sized(bits, Ed25519.PublicKeySize))),
        (Convert.FromHexString("300506032B6571"), static bits => new Ed448Key(Sized(bits, Ed448.PublicKeySize))),
        (Convert.FromHexString("301306072A8648CE3D020106082A8648CE3D030107"), static bits => ReadPoint(EcdsaCurve.P256, bits)),
        (Convert.FromHexString("301006072A8648CE3D020106052B81040022"), static bits => ReadPoint(EcdsaCurve.P384, bits)),
        (Convert.FromHexString("301006072A8648CE3D020106052B81040023"), static bits => ReadPoint(EcdsaCurve.P521, bits)),
        (Convert.FromHexString("300D06092A864886F70D0101010500"), static bits => ReadRsa(bits, isPssKey: false, null)),
        (Convert.FromHexString("300B06092A864886F70D01010A"), static bits => ReadRsa(bits, isPssKey: true, null)),
        (PssAlgorithm(1, 32, "0500"), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA256)),
        (PssAlgorithm(2, 48, "0500"), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA384)),
        (PssAlgorithm(3, 64, "0500"), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA512)),
        (PssAlgorithm(1, 32, ""), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA256)),
        (PssAlgorithm(2, 48, ""), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA384)),
        (PssAlgorithm(3, 64, ""), static bits => ReadRsa(bits, isPssKey: true, HashAlgorithmName.SHA512)),
    ];

    /// <summary>Reads a key.</summary>
    /// <param name="encoded">What the peer sent as its certificate.</param>
    /// <exception cref="PeerRefusedException">It is not DER, or not a key that we take.</exception>
    public static VerificationKey Read(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            AsnReader outer = new(encoded, AsnEncodingRules.DER);
            AsnReader info = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            ReadOnlySpan<byte> algorithm = info.ReadEncodedValue().Span;
            ReadOnlyMemory<byte> bits = ReadWholeBytes(info);
            info.ThrowIfNotEmpty();

            foreach ((byte[] known, Func<ReadOnlyMemory<byte>, VerificationKey> read) in _algorithms)
            {
                if (algorithm.SequenceEqual(known))
                {
                    return read(bits);
                }
            }
        }
        catch (AsnContentException e)
        {
            throw new PeerRefusedException(AlertDescription.bad_certificate,
                "the peer's public key is not valid DER: make it a new one with mandos-keygen", e);
        }

        throw new PeerRefusedException(AlertDescription.unsupported_certificate,
            "the peer's public key is of a kind that is not taken: "
            + "Ed25519, Ed448, ECDSA on a named P-256, P-384 or P-521, and RSA are");
    }

    private static ReadOnlyMemory<byte> ReadWholeBytes(AsnReader reader)
        => reader.TryReadPrimitiveBitString(out int unusedBits, out ReadOnlyMemory<byte> bits) && unusedBits == 0
            ? bits
            : throw new AsnContentException("Not a whole number of bytes.");

    private static ReadOnlyMemory<byte> Sized(ReadOnlyMemory<byte> bits, int size) => bits.Length == size
        ? bits
        : throw new AsnContentException($"{bits.Length} bytes instead of {size}.");

    private static EcdsaKey ReadPoint(EcdsaCurve curve, ReadOnlyMemory<byte> bits)
        => Sized(bits, 1 + (2 * curve.CoordinateBytes)).Span[0] == 4
            ? new EcdsaKey(curve, bits)
            : throw new AsnContentException("Not an uncompressed point.");

    private static RsaKey ReadRsa(ReadOnlyMemory<byte> bits, bool isPssKey, HashAlgorithmName? pssHash)
    {
        AsnReader outer = new(bits, AsnEncodingRules.DER);
        AsnReader key = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        byte[] modulus = ReadOddNumber(key);
        byte[] exponent = ReadOddNumber(key);
        key.ThrowIfNotEmpty();
        return RsaKey.Create(modulus, exponent, isPssKey, pssHash);
    }

    private static byte[] ReadOddNumber(AsnReader reader)
    {
        ReadOnlySpan<byte> number = reader.ReadIntegerBytes().Span;
        if ((number[0] & 0x80) != 0 || (number[^1] & 1) == 0)
        {
            throw new AsnContentException("Not a positive odd number.");
        }

        return number[0] == 0 ? number[1..].ToArray() : number.ToArray();
    }

    /// <summary>RSASSA-PSS with one hash of the SHA-2 family for both purposes and a salt as long as the hash.</summary>
    /// <param name="sha2">The end of the hash's identifier.</param>
    /// <param name="saltBytes">The length of the salt.</param>
    /// <param name="parameters">The hash's parameters: NULL with OpenSSL, none with GnuTLS (RFC 4055 section 2.1).</param>
    private static byte[] PssAlgorithm(byte sha2, byte saltBytes, string parameters)
    {
        string hash = Sequence($"06096086480165030402{sha2:X2}{parameters}");
        string mask = Sequence($"06092A864886F70D010108{hash}");
        string pss = Sequence($"A0{Content(hash)}A1{Content(mask)}A2030201{saltBytes:X2}");
        return Convert.FromHexString(Sequence($"06092A864886F70D01010A{pss}"));

        static string Sequence(string content) => $"30{Content(content)}";
        static string Content(string content) => $"{content.Length / 2:X2}{content}";
    }
}
