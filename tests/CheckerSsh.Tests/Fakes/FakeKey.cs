using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;

namespace CheckerSsh.Tests.Fakes;

/// <summary>A host key of which a fake server has the private part, or only the public one.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Algorithm">How it signs.</param>
/// <param name="Blob">The public key.</param>
/// <param name="Sign">Gives the bytes of a signature, as they stand after the name of the algorithm.</param>
internal sealed record FakeKey(string Type, string Algorithm, byte[] Blob, Func<byte[], byte[]> Sign)
{
    /// <summary>For ssh_host_key.</summary>
    public string Pin => $"{Type} {Convert.ToBase64String(Blob)}";

    public static FakeKey Create(string algorithm) => algorithm switch
    {
        "ssh-ed25519" => Ed25519(),
        "ecdsa-sha2-nistp256" => Ecdsa(),
        "rsa-sha2-512" or "rsa-sha2-256" or "ssh-rsa" => Rsa(algorithm, 2048),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    public static FakeKey Rsa(string algorithm, int bits)
    {
        RSA key = RSA.Create(bits);
        RSAParameters numbers = key.ExportParameters(includePrivateParameters: false);
        HashAlgorithmName hash = algorithm switch
        {
            "rsa-sha2-512" => HashAlgorithmName.SHA512,
            "rsa-sha2-256" => HashAlgorithmName.SHA256,
            _ => HashAlgorithmName.SHA1,
        };
        return new(
            "ssh-rsa",
            algorithm,
            new SshWriter().String("ssh-rsa").Mpint(numbers.Exponent).Mpint(numbers.Modulus).ToArray(),
            data => key.SignData(data, hash, RSASignaturePadding.Pkcs1));
    }

    private static FakeKey Ed25519()
    {
        Ed25519PrivateKeyParameters key = new(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize));
        return new(
            "ssh-ed25519",
            "ssh-ed25519",
            new SshWriter().String("ssh-ed25519").String(key.GeneratePublicKey().GetEncoded()).ToArray(),
            data =>
            {
                byte[] signature = new byte[Ed25519PrivateKeyParameters.SignatureSize];
                key.Sign(Org.BouncyCastle.Math.EC.Rfc8032.Ed25519.Algorithm.Ed25519, null, data, 0, data.Length, signature, 0);
                return signature;
            });
    }

    private static FakeKey Ecdsa()
    {
        const string type = "ecdsa-sha2-nistp256";
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return new(
            type,
            type,
            new SshWriter().String(type).String("nistp256").String([4, .. point.X!, .. point.Y!]).ToArray(),
            data =>
            {
                byte[] signature = key.SignData(data, HashAlgorithmName.SHA256);
                return new SshWriter().Mpint(signature.AsSpan(0, 32)).Mpint(signature.AsSpan(32)).ToArray();
            });
    }
}
