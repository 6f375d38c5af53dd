using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Engine.Protocol;

namespace Mandos.Engine.Tests.Protocol;

public sealed class PeerIdentityTests
{
    [Fact]
    public void Of_RawKey_IsSha256OfIt()
        => Assert.Equal(
            "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", // FIPS 180-2, "abc"
            PeerIdentity.Of(new PeerKey(PeerKeyType.RawPublicKey, "abc"u8.ToArray())));

    [Fact]
    public void Of_OpenPgpKey_IsItsVersion4Fingerprint()
    {
        // The public-key packet of an RSA key made with GnuPG 2.2.40, which gives this fingerprint for it.
        byte[] packet = Convert.FromHexString(
            "046B0490DF010400B81FD50AE1E9A3A5F861A5C5FF5BB3667E82642953CAAA99AF34C4164A80A90DD884622BC4B7CA26"
            + "CF4123705E35F9193ED4D1F29D0C3A476AE0A220219F518D8B18547882E213D609B4BEFBDE44E0C5C8338CAA0731399A"
            + "384E54B128EE1B35C5932E8589BA992239AFB9EAE35E3C5D50C0F0E195E85DD3956E51A8213AC72F0011010001");

        Assert.Equal("0DDC2D960905531A0332B9FDBA6952CAFE7BCE22", PeerIdentity.Of(new PeerKey(PeerKeyType.OpenPgp, packet)));
    }

    [Theory]
    [InlineData(PeerKeyType.RawPublicKey)]
    [InlineData(PeerKeyType.OpenPgp)]
    public void Of_EmptyKey_IsTheIdThatFindsNobody(PeerKeyType type)
        => Assert.Equal(ClientDefinition.EmptyKeyId, PeerIdentity.Of(new PeerKey(type, default)));

    [Fact]
    public void Of_LongestOpenPgpKey_HasAFingerprint()
        => Assert.Equal(40, PeerIdentity.Of(new PeerKey(PeerKeyType.OpenPgp, new byte[ushort.MaxValue])).Length);

    [Fact]
    public void Of_OpenPgpKeyTooLong_IsThePeersFault()
        => Assert.Throws<ProtocolException>(
            () => PeerIdentity.Of(new PeerKey(PeerKeyType.OpenPgp, new byte[ushort.MaxValue + 1])));
}
