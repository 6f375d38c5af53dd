using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Priority;

public sealed class HandshakePolicyTests
{
    [Fact]
    public void Parse_Default_OffersTls13WithX25519First()
    {
        HandshakePolicy policy = PriorityString.Parse(PriorityString.Default);

        Assert.Equal([ProtocolVersion.TLSv13], policy.Versions);
        Assert.Equal([0x1302, 0x1303, 0x1301, 0x1304], policy.CipherSuites);
        Assert.Equal(NamedGroup.x25519, policy.Groups[0]);
        Assert.Equal([NamedGroup.x25519], policy.EarlyGroups);
        Assert.DoesNotContain(policy.Groups, static group => NamedGroup.GetFiniteFieldBits(group) > 3072);
    }

    [Fact]
    public void Parse_OnlyOpenPgp_LeavesOutTls13()
    {
        HandshakePolicy policy = PriorityString.Parse("SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256");

        Assert.Equal([ProtocolVersion.TLSv12, ProtocolVersion.TLSv11, ProtocolVersion.TLSv10], policy.Versions);
        Assert.Contains("VERS-TLS1.3", policy.Description.LeftOut);
        Assert.False(policy.TakesRawKeys);
        Assert.True(policy.TakesOpenPgpKeys);
        Assert.Equal(3072, policy.MinDhBits);
    }

    [Theory]
    [InlineData("NORMAL:+CTYPE-RAWPK", 4096)]
    [InlineData("NORMAL:+CTYPE-RAWPK:%PROFILE_ULTRA", 8192)]
    [InlineData("NORMAL:+CTYPE-RAWPK:+GROUP-FFDHE6144", 6144)]
    [InlineData("NORMAL:+CTYPE-RAWPK:%PROFILE_FUTURE", 8192)]
    public void Parse_Profile_BoundsPrimes(string priority, int highest)
        => Assert.Equal(highest, PriorityString.Parse(priority).MaxDhBits);

    [Fact]
    public void Parse_ProfileAboveLimit_LeavesOutDhe()
    {
        HandshakePolicy policy = PriorityString.Parse("NORMAL:+CTYPE-RAWPK:%PROFILE_FUTURE");

        Assert.DoesNotContain(policy.CipherSuites, static number => CipherSuites.Find(number)!.KeyExchange == "DHE-RSA");
        Assert.Contains("TLS_DHE_RSA_AES_256_GCM_SHA384", policy.Description.LeftOut);
    }

    [Theory]
    [InlineData(PriorityString.Default, "")]
    [InlineData($"{PriorityString.Default}:+GROUP-FFDHE3072", "FFDHE3072")]
    [InlineData("SECURE192:!CTYPE-X.509:+CTYPE-RAWPK:!VERS-ALL:+VERS-TLS1.3", "")]
    [InlineData("NORMAL:+CTYPE-RAWPK", "FFDHE2048 FFDHE3072")]
    [InlineData("NORMAL:+CTYPE-RAWPK:-DHE-RSA", "")]
    public void Parse_Fields_AreOfferedWhereNamedOrNeededBySuites(string priority, string fields)
        => Assert.Equal(fields, string.Join(' ', PriorityString.Parse(priority).Description.Groups.Where(
            static group => group.StartsWith("FFDHE", StringComparison.Ordinal))));

    [Fact]
    public void Parse_NoCurve_OffersNoSuiteThatNeedsOne()
    {
        HandshakePolicy policy = PriorityString.Parse("NORMAL:-GROUP-ALL:+CTYPE-RAWPK");

        Assert.DoesNotContain(policy.Description.CipherSuites, suite => suite.StartsWith("TLS_ECDHE", StringComparison.Ordinal));
        Assert.Contains(policy.Description.LeftOut, name => name.StartsWith("TLS_ECDHE", StringComparison.Ordinal));
        Assert.NotEmpty(policy.CipherSuites);
    }

    [Fact]
    public void Parse_Compat_DoesWithoutExtendedMasterSecretAndEncryptThenMac()
    {
        HandshakePolicy policy = PriorityString.Parse("NORMAL:+CTYPE-RAWPK:%COMPAT");

        Assert.False(policy.UsesExtendedMasterSecret);
        Assert.False(policy.UsesEncryptThenMac);
    }
}
