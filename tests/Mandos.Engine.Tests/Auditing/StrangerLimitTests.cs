using System.Net;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Auditing;

public sealed class StrangerLimitTests : IDisposable
{
    private static readonly IPAddress _stranger = IPAddress.Parse("192.0.2.7");

    private readonly TestClock _clock = new();
    private readonly List<string> _told = [];
    private readonly StrangerLimit _limit;

    public StrangerLimitTests()
        => _limit = new StrangerLimit(new EngineClock(_clock), (summary, level) => _told.Add($"{level} {summary} from {summary.Source}"));

    public void Dispose() => _limit.Dispose();

    [Fact]
    public void Admits_OneNetwork_TellsTheFirstAndCountsTheRest()
    {
        Assert.Equal(StrangerLimit.OfNetwork, Admitted(10_000, _ => _stranger));
        Assert.Empty(_told);

        _clock.Advance(StrangerLimit.Period);

        Assert.Equal(
            ["Warning decision=failed reason=\"peer gone\" more=9950 network=192.0.2.7/32 ms=30000 from 192.0.2.7"], _told);
    }

    [Fact]
    public void Admits_WholeSubnet_IsOneNetwork()
    {
        Assert.Equal(StrangerLimit.OfNetwork, Admitted(1000, i => IPAddress.Parse($"2001:db8:0:1::{i:x}")));

        _clock.Advance(StrangerLimit.Period);

        Assert.Equal(
            ["Warning decision=failed reason=\"peer gone\" more=950 network=2001:db8:0:1::/64 ms=30000 from 2001:db8:0:1::/64"], _told);
    }

    [Fact]
    public void Admits_OtherNetworkOrKind_HasItsOwnCount()
    {
        Admitted(1000, _ => _stranger);

        Assert.True(_limit.Admits(IPAddress.Parse("192.0.2.8"), Outcome.PeerGone, LogLevel.Warning));
        Assert.True(_limit.Admits(_stranger, Outcome.UnknownKey, LogLevel.Information));
        Assert.True(_limit.Admits(_stranger, Outcome.PeerGone, LogLevel.Debug));
    }

    [Fact]
    public void Admits_ManyNetworks_IsBoundedInLinesAndMemory()
    {
        const int networks = 100_000;
        int admitted = Admitted(networks, i => new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));

        _clock.Advance(StrangerLimit.Period);

        Assert.Equal(StrangerLimit.OfAll, admitted);
        Assert.InRange(_told.Count, 1, StrangerLimit.MaxSummaries + 1);
        Assert.Equal(networks - admitted, _told.Sum(static line => int.Parse(line.Split("more=")[1].Split(' ')[0], null)));
    }

    [Fact]
    public void Admits_GoesOn_TellsOneNowAndThen()
    {
        Admitted(1000, _ => _stranger);
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, Admitted(1000, _ => _stranger));
    }

    [Fact]
    public void Admits_AfterAQuietHour_TellsTheFirstAgain()
    {
        Admitted(1000, _ => _stranger);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(StrangerLimit.OfNetwork, Admitted(1000, _ => _stranger));
    }

    [Fact]
    public void Flush_NothingCounted_TellsNothing()
    {
        Admitted(1, _ => _stranger);
        _limit.Flush();
        Assert.Empty(_told);
    }

    private int Admitted(int count, Func<int, IPAddress> address)
        => Enumerable.Range(0, count).Count(i => _limit.Admits(address(i), Outcome.PeerGone, LogLevel.Warning));
}
