using Mandos.TestKit;

namespace Mandos.Fuzz.Tests;

/// <summary>A short run of each target. docs/testing.md has the long one.</summary>
public sealed class CampaignTests
{
    /// <summary>Inputs for each target, by what one takes: some seconds each.</summary>
    public static TheoryData<string, int> Counts => new()
    {
        { "first-line", 20_000 },
        { "invited", 20_000 },
        { "public-key", 20_000 },
        { "openpgp", 20_000 },
        { "priority", 4_000 },
        { "tls-bytes", 4_000 },
        { "tls-handshake", 1_000 },
        { "dbus", 1_000 },
        { "pickle", 100_000 },
        { "mdns", 20_000 },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void Run_NewInputs_FindsNothing(string name, int count)
    {
        int seed = Random.Shared.Next();
        Campaign campaign = new(FuzzTarget.All.Single(target => target.Name == name), seed);

        Find? find = campaign.Run(count, TimeSpan.FromMinutes(5));

        Assert.True(find is null, $"{name}, seed {seed}: {find}");
        Assert.Equal(count, campaign.Count);
    }

    [Fact]
    public void Counts_Always_HaveEveryTarget()
        => Assert.Equal(FuzzTarget.All.Select(target => target.Name).Order(), Counts.Select(row => row.Data.Item1).Order());

    [Fact]
    public void Run_TargetThatThrows_IsFoundWithItsInput()
    {
        FuzzTarget target = new("any", static data =>
        {
            if (data.Contains((byte)77))
            {
                throw new InvalidOperationException("77");
            }
        }, static () => [[1, 2, 3]], [], 100);

        Find? find = new Campaign(target, 1).Run(100_000, TimeSpan.FromMinutes(5));

        Assert.NotNull(find);
        Assert.Contains((byte)77, find.Input);
        Assert.Contains("77", find.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TargetThatComputesForLong_IsFound()
    {
        FuzzTarget target = new("any", static _ =>
        {
            for (Cost start = Cost.Now(); (Cost.Now() - start).Milliseconds < 110;)
            {
            }
        }, static () => [[1]], [], 100);

        Assert.Contains("it takes ", new Campaign(target, 1).Run(1, TimeSpan.FromMinutes(5))?.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TargetThatHoards_IsFound()
    {
        List<byte[]> hoard = [];
        FuzzTarget target = new("any", _ => hoard.Add(new byte[100_000]), static () => [[1]], [], 100);

        Assert.Contains("memory has grown", new Campaign(target, 1).Run(400, TimeSpan.FromMinutes(5))?.Problem, StringComparison.Ordinal);
    }
}
