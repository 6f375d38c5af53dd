using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Keys;

/// <summary>Signatures of RFC 8032 section 7.1.</summary>
public sealed class Ed25519KeyTests
{
    [Theory]
    [InlineData(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Verify_Rfc8032_TrueButNotForAnyOtherSignature(string point, string message, string signature)
    {
        Ed25519Key key = new(Convert.FromHexString(point));
        byte[] data = Convert.FromHexString(message);
        byte[] signed = Convert.FromHexString(signature);

        Assert.True(key.Verify(SignatureScheme.ed25519, data, signed));
        Assert.False(key.Verify(SignatureScheme.ed25519, [.. data, 0], signed));
        Assert.False(key.Verify(SignatureScheme.ed25519, data, signed.AsSpan()[..^1]));
        Assert.False(key.Verify(SignatureScheme.ed25519, data, [.. signed, 0]));
        for (int bit = 0; bit < 8 * signed.Length; bit++)
        {
            signed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Verify(SignatureScheme.ed25519, data, signed));
            signed[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }
}
