using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Protocol;

public sealed class ClientConnectionsTests
{
    private const int Limit = 3;

    private readonly EngineClock _clock = new(new TestClock());
    private readonly ClientConnections _connections = new(Limit);

    [Theory]
    [InlineData("1 1 1 1", 0)]
    [InlineData("1 2 2 2", 1)] // of the address that has most
    [InlineData("2 1 1 2", 0)] // as many: the oldest
    [InlineData("1 2 3 4", 0)]
    [InlineData("1 2001:db8::1 2001:db8::2 2001:db8::3", 1)] // one host can have a whole /64
    [InlineData("2001:db8::1 2001:db8::2 2001:db8::2 2", 1)] // of the source that has most, the address that has most
    [InlineData("2001:db8::1 2001:db8:0:1::1 2001:db8:0:1::2 1", 1)]
    [InlineData("fe80::1%1 fe80::2%2 fe80::3%2 fe80::4%2", 1)] // another link is another network
    public void Add_OneTooMany_NamesTheOldestOfTheMostFrequentSource(string addresses, int expected)
    {
        Connection[] all = [.. addresses.Split(' ').Select(address => Make("a", address.Contains(':') ? address : "192.0.2." + address))];

        Assert.All(all[..Limit], connection => Assert.Null(_connections.Add(connection)));

        Assert.Equal(expected, Array.IndexOf(all, _connections.Add(all[Limit])));
    }

    [Fact]
    public void Add_OtherClients_CountApart()
    {
        for (int i = 0; i < 3 * Limit; i++)
        {
            Assert.Null(_connections.Add(Make("client " + (i % 3), "192.0.2.1")));
        }
    }

    [Fact]
    public void Remove_OneIsGone_MakesRoom()
    {
        Connection[] all = [.. Enumerable.Range(0, Limit).Select(_ => Make("a", "192.0.2.1"))];
        Assert.All(all, connection => Assert.Null(_connections.Add(connection)));

        _connections.Remove(all[0]);
        _connections.Remove(all[0]);
        _connections.Remove(Make("b", "192.0.2.1"));

        Assert.Null(_connections.Add(Make("a", "192.0.2.1")));
        Assert.Equal(all[1], _connections.Add(Make("a", "192.0.2.1")));
    }

    private Connection Make(string client, string address)
        => new(new FakePeer(address), _clock, new PhaseCounts(), static _ => { }) { ClientName = client };
}
