using System.Numerics;
using System.Security.Cryptography;
using Mandos.TlsBouncy.Limits;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>
/// An RSA key. .NET computes with it, because BouncyCastle would test the modulus for primality, which costs a stranger nothing and us
/// seconds.
/// </summary>
internal sealed class RsaKey : VerificationKey
{
    private readonly byte[] _modulus;
    private readonly byte[] _exponent;
    private readonly bool _isPssKey;
    private readonly HashAlgorithmName? _pssHash;

    private RsaKey(byte[] modulus, byte[] exponent, bool isPssKey, HashAlgorithmName? pssHash)
    {
        _modulus = modulus;
        _exponent = exponent;
        _isPssKey = isPssKey;
        _pssHash = pssHash;
    }

    public override string Name => $"RSA{(_isPssKey ? "-PSS" : "")} {_modulus.Length * 8}";

    /// <summary>Takes a key whose numbers keep the limits.</summary>
    /// <param name="modulus">The modulus, most significant byte first, without leading zeros; odd.</param>
    /// <param name="exponent">The public exponent, likewise.</param>
    /// <param name="isPssKey">Whether the key says that it is for RSA-PSS alone (RFC 4055), which has schemes of its own.</param>
    /// <param name="pssHash">The hash to which such a key restricts itself; null if it leaves the choice.</param>
    /// <exception cref="PeerRefusedException">It is too short or too long.</exception>
    public static RsaKey Create(byte[] modulus, byte[] exponent, bool isPssKey = false, HashAlgorithmName? pssHash = null)
    {
        int modulusBits = BitLength(modulus);
        if (modulusBits is < TlsLimits.RsaModulusMinBits or > TlsLimits.RsaModulusMaxBits)
        {
            throw new PeerRefusedException(AlertDescription.unsupported_certificate,
                $"the peer's RSA key has {modulusBits} bits: "
                + $"{TlsLimits.RsaModulusMinBits} to {TlsLimits.RsaModulusMaxBits} are taken");
        }

        if (BitLength(exponent) is < 2 or > TlsLimits.RsaExponentMaxBits)
        {
            throw new PeerRefusedException(AlertDescription.unsupported_certificate,
                "the peer's RSA key has an unusual public exponent: "
                + $"it must be above 1 and at most {TlsLimits.RsaExponentMaxBits} bits long");
        }

        return new RsaKey(modulus, exponent, isPssKey, pssHash);
    }

    /// <summary>RSA-PSS only: TLS 1.3 takes no PKCS #1 signatures of handshakes.</summary>
    public override bool Fits(int signatureScheme)
        => PssHash(signatureScheme) is { } hash && (_pssHash is null || _pssHash == hash);

    public override bool FitsTls12(int signatureScheme) => Fits(signatureScheme)
        || (!_isPssKey && (signatureScheme == RsaMd5Sha1 || Pkcs1Hash(signatureScheme) is not null));

    public override bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signatureScheme == RsaMd5Sha1)
        {
            return VerifyMd5Sha1(data, signature);
        }

        try
        {
            using RSA key = Open();
            return Pkcs1Hash(signatureScheme) is { } hash
                ? key.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1)
                : key.VerifyData(data, signature, PssHash(signatureScheme)!.Value, RSASignaturePadding.Pss);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public override byte[]? Encrypt(ReadOnlySpan<byte> data)
    {
        if (_isPssKey)
        {
            return null;
        }

        try
        {
            using RSA key = Open();
            return key.Encrypt(data, RSAEncryptionPadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static HashAlgorithmName? Pkcs1Hash(int signatureScheme) => signatureScheme switch
    {
        SignatureScheme.rsa_pkcs1_sha1 => HashAlgorithmName.SHA1,
        SignatureScheme.rsa_pkcs1_sha256 => HashAlgorithmName.SHA256,
        SignatureScheme.rsa_pkcs1_sha384 => HashAlgorithmName.SHA384,
        SignatureScheme.rsa_pkcs1_sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private HashAlgorithmName? PssHash(int signatureScheme) => (signatureScheme, _isPssKey) switch
    {
        (SignatureScheme.rsa_pss_rsae_sha256, false) or (SignatureScheme.rsa_pss_pss_sha256, true) => HashAlgorithmName.SHA256,
        (SignatureScheme.rsa_pss_rsae_sha384, false) or (SignatureScheme.rsa_pss_pss_sha384, true) => HashAlgorithmName.SHA384,
        (SignatureScheme.rsa_pss_rsae_sha512, false) or (SignatureScheme.rsa_pss_pss_sha512, true) => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static int BitLength(byte[] number) => (number.Length * 8) - (BitOperations.LeadingZeroCount(number[0]) - 24);

    private RSA Open() => RSA.Create(new RSAParameters { Modulus = _modulus, Exponent = _exponent });

    /// <summary>PKCS #1 with both hashes bare (RFC 8017 section 8.2.2, without the encoding of a hash's name), which .NET has not.</summary>
    private bool VerifyMd5Sha1(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        BigInteger n = Number(_modulus);
        BigInteger s = Number(signature);
        if (signature.Length != _modulus.Length || s >= n)
        {
            return false;
        }

        byte[] expected = new byte[_modulus.Length];
        int hashes = expected.Length - MD5.HashSizeInBytes - SHA1.HashSizeInBytes;
        expected[1] = 1;
        expected.AsSpan(2, hashes - 3).Fill(0xFF);
#pragma warning disable CA5350, CA5351 // TLS 1.0 and 1.1 have no other
        MD5.HashData(data, expected.AsSpan(hashes));
        SHA1.HashData(data, expected.AsSpan(hashes + MD5.HashSizeInBytes));
#pragma warning restore CA5350, CA5351
        return BigInteger.ModPow(s, Number(_exponent), n) == Number(expected);
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
