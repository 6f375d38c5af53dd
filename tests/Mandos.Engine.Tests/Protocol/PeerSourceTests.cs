using System.Net;
using Mandos.Engine.Protocol;

namespace Mandos.Engine.Tests.Protocol;

public sealed class PeerSourceTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", 0)]
    [InlineData("2001:db8:1:2::1", "2001:db8:2:2::1", 0)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", 1)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::2", 2)]
    [InlineData("fe80::1%2", "fe80::1%3", 0)]
    [InlineData("fe80::1%2", "fe80::2%2", 1)]
    [InlineData("::1", "192.0.2.1", 0)]
    public void PathOf_TwoAddresses_ShareTheNetworksTheyAreBothIn(string one, string other, int shared)
    {
        PeerSource[] first = PeerSource.PathOf(IPAddress.Parse(one));
        PeerSource[] second = PeerSource.PathOf(IPAddress.Parse(other));

        Assert.Equal(shared, first.Intersect(second).Count());
        Assert.Equal(first[..shared], second[..shared]);
    }

    [Fact]
    public void PathOf_MappedAddress_IsThatOfTheIPv4Address()
        => Assert.Equal(PeerSource.PathOf(IPAddress.Parse("192.0.2.1")), PeerSource.PathOf(IPAddress.Parse("::ffff:192.0.2.1")));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("fe80::1%2", "fe80::2%2", false)]
    public void Limited_TwoAddresses_CountTogetherIfOneSubnetIsTheirs(string one, string other, bool together)
        => Assert.Equal(
            together,
            PeerSource.Limited(PeerSource.PathOf(IPAddress.Parse(one))) == PeerSource.Limited(PeerSource.PathOf(IPAddress.Parse(other))));
}
