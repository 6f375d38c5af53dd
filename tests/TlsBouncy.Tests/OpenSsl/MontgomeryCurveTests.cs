using Mandos.TlsBouncy.OpenSsl;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace TlsBouncy.Tests.OpenSsl;

/// <summary>libcrypto's X25519 and X448 against RFC 7748 and BouncyCastle.</summary>
public sealed class MontgomeryCurveTests
{
    [Fact]
    public void IsAvailable_WhereDotNetHasOpenSsl3_True() => Assert.True(LibCrypto.IsAvailable);

    // Section 5.2, and the secrets of section 6.1 from either side.
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    [InlineData(
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")]
    [InlineData(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")]
    [InlineData(
        "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
        "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
        "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f")]
    public void Agree_Rfc7748_GivesItsResult(string scalar, string coordinate, string result)
    {
        byte[] privateKey = Convert.FromHexString(scalar);
        MontgomeryCurve curve = privateKey.Length == 32 ? MontgomeryCurve.X25519 : MontgomeryCurve.X448;

        using KeyHandle key = curve.Import(privateKey)!;

        Assert.Equal(Convert.FromHexString(result), curve.Agree(key, Convert.FromHexString(coordinate)));
    }

    [Theory]
    [InlineData(
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")]
    [InlineData(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")]
    public void PublicKey_Rfc7748_GivesItsResult(string privateKey, string publicKey)
    {
        using KeyHandle key = MontgomeryCurve.X25519.Import(Convert.FromHexString(privateKey))!;

        Assert.Equal(Convert.FromHexString(publicKey), MontgomeryCurve.X25519.PublicKey(key));
    }

    [Fact]
    public void Agree_ThousandRounds_GivesRfc7748Result()
    {
        byte[] scalar = new byte[32];
        scalar[0] = 9;
        byte[] coordinate = scalar;
        for (int i = 0; i < 1000; i++)
        {
            using KeyHandle key = MontgomeryCurve.X25519.Import(scalar)!;
            (scalar, coordinate) = (MontgomeryCurve.X25519.Agree(key, coordinate)!, scalar);
        }

        Assert.Equal("684CF59BA83309552800EF566F2F4D3C1C3887C49360E3875F2EB94D99532C51", Convert.ToHexString(scalar));
    }

    [Fact]
    public void X25519_RandomKeys_AsBouncyCastle()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] privateKey = new byte[32];
        byte[] peer = new byte[32];
        byte[] publicKey = new byte[32];
        byte[] secret = new byte[32];
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(privateKey);
            random.NextBytes(peer);
            X25519.ScalarMultBase(privateKey, 0, publicKey, 0);
            Assert.True(X25519.CalculateAgreement(privateKey, 0, peer, 0, secret, 0), $"seed {seed}");

            using KeyHandle key = MontgomeryCurve.X25519.Import(privateKey)!;

            Assert.True(publicKey.AsSpan().SequenceEqual(MontgomeryCurve.X25519.PublicKey(key)), $"seed {seed}");
            Assert.True(secret.AsSpan().SequenceEqual(MontgomeryCurve.X25519.Agree(key, peer)), $"seed {seed}");
        }
    }

    [Fact]
    public void X448_RandomKeys_AsBouncyCastle()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        byte[] privateKey = new byte[56];
        byte[] peer = new byte[56];
        byte[] publicKey = new byte[56];
        byte[] secret = new byte[56];
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(privateKey);
            random.NextBytes(peer);
            X448.ScalarMultBase(privateKey, 0, publicKey, 0);
            Assert.True(X448.CalculateAgreement(privateKey, 0, peer, 0, secret, 0), $"seed {seed}");

            using KeyHandle key = MontgomeryCurve.X448.Import(privateKey)!;

            Assert.True(publicKey.AsSpan().SequenceEqual(MontgomeryCurve.X448.PublicKey(key)), $"seed {seed}");
            Assert.True(secret.AsSpan().SequenceEqual(MontgomeryCurve.X448.Agree(key, peer)), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Import_WrongLength_Null(int length) => Assert.Null(MontgomeryCurve.X25519.Import(new byte[length]));
}
