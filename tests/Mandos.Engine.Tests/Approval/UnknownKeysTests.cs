using System.Net;
using Mandos.Abstractions.Control;
using Mandos.Engine.Approval;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

public sealed class UnknownKeysTests
{
    private readonly TestClock _clock = new();
    private readonly UnknownKeys _keys;

    public UnknownKeysTests() => _keys = new UnknownKeys(new EngineClock(_clock));

    [Fact]
    public void Note_SeveralTimes_CountsAndTellsTheLastPlace()
    {
        Note("A", "192.0.2.1");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Note("B", "192.0.2.2");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Note("A", "2001:db8::1");

        Assert.Equal(
            [
                new UnknownKey
                {
                    KeyId = "A", Address = IPAddress.Parse("2001:db8::1"), Count = 2, First = TestClock.Epoch, Last = TestClock.Epoch.AddMinutes(2),
                },
                new UnknownKey
                {
                    KeyId = "B", Address = IPAddress.Parse("192.0.2.2"), Count = 1, First = TestClock.Epoch.AddMinutes(1), Last = TestClock.Epoch.AddMinutes(1),
                },
            ],
            _keys.List(static _ => false));
    }

    [Fact]
    public void List_KeyThatAClientHasByNow_IsKeptNoLonger()
    {
        Note("A", "192.0.2.1");
        Note("B", "192.0.2.1");

        Assert.Equal(["B"], _keys.List(static key => key == "A").Select(static key => key.KeyId));
        Assert.Equal(1, _keys.Count);
    }

    [Fact]
    public void Note_KeysWithoutEndFromOneNetwork_PushOutNoneFromElsewhere()
    {
        Note("mine", "192.0.2.1");
        for (int i = 0; i < 10_000; i++)
        {
            Note($"stranger {i}", $"2001:db8::{i:x}");
        }

        Assert.Equal(UnknownKeys.MaxOfNetwork + 1, _keys.Count);
        Assert.Contains("mine", Listed());
    }

    [Fact]
    public void Note_KeysWithoutEndFromOneAddressOfTheLink_PushOutNoneOfAnotherAddress()
    {
        Note("mine", "fe80::1%1");
        for (int i = 0; i < 1000; i++)
        {
            Note($"stranger {i}", "fe80::2%1");
        }

        Assert.Equal(UnknownKeys.MaxOfNetwork, _keys.Count);
        Assert.Contains("mine", Listed());
    }

    [Fact]
    public void Note_KeysWithoutEndFromManyAddressesOfTheLink_PushOutNoneThatAsksAgain()
    {
        Note("mine", "fe80::1%1");
        Note("mine", "fe80::1%1");
        for (int i = 2; i < 1000; i++)
        {
            Note($"stranger {i}", $"fe80::{i:x}%1");
        }

        Assert.Contains("mine", Listed());
    }

    [Fact]
    public void Note_KeysFromManyNetworks_StayWithinTheLimitAndTakeFromTheLargest()
    {
        for (int i = 0; i < UnknownKeys.MaxOfNetwork; i++)
        {
            Note($"shelf {i}", "192.0.2.1");
        }

        for (int i = 0; i < UnknownKeys.MaxKeys - 1; i++)
        {
            Note($"one {i}", $"198.51.{i / 250}.{i % 250}");
        }

        Assert.Equal(UnknownKeys.MaxKeys, _keys.Count);
        Assert.Single(Listed(), static key => key.StartsWith("shelf", StringComparison.Ordinal));
    }

    private void Note(string key, string address) => _keys.Note(key, IPAddress.Parse(address));

    private IEnumerable<string> Listed() => _keys.List(static _ => false).Select(static key => key.KeyId);
}
