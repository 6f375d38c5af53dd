using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Priority;

public sealed class PriorityStringTests
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

    [Theory]
    [InlineData("")]
    [InlineData("NORMAL")]
    [InlineData(PriorityString.Default + ":")]
    public void Parse_AnyOther_NamesItAndTheDefault(string priority)
    {
        PriorityStringException e = Assert.Throws<PriorityStringException>(() => PriorityString.Parse(priority));

        Assert.Contains($"\"{priority}\"", e.Message, StringComparison.Ordinal);
        Assert.Contains(PriorityString.Default, e.Message, StringComparison.Ordinal);
    }
}
