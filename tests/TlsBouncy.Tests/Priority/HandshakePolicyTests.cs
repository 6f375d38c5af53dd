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
}
