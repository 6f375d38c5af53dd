using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>
/// Real servers, databases and clients through random faults: no secret is given after a person was told that it is forbidden, and none is kept from
/// a client while a server sees the store. <c>tests/faults</c> runs more of them.
/// </summary>
public sealed class FaultTests(ClientKeys keys, ITestOutputHelper output)
{
    private const int UsualFaults = 50;
    private const int Sites = 2;

    private readonly Lock _lock = new();
    private int _left;

    [Fact]
    public async Task Servers_ThroughRandomFaults_GiveWhatTheyMayAndNothingElse()
    {
        int count = Setting("MANDOS_FAULTS") ?? UsualFaults;
        int seed = Setting("MANDOS_FAULTS_SEED") ?? Random.Shared.Next(1_000_000);
        int measured = Setting("MANDOS_FAULTS_MEASURED") ?? 0;
        _left = count;
        output.WriteLine($"{count} faults with seed {seed}, which MANDOS_FAULTS_SEED repeats; times differ all the same");
        long start = TimeProvider.System.GetTimestamp();

        using var failed = new CancellationTokenSource();
        FaultTally[] tallies = await Task.WhenAll(
            Enumerable.Range(0, Sites).Select(site => RunAsync(site, unchecked(seed + (site * 7919)), site == 0 ? measured : 0, failed)));

        output.WriteLine(string.Join('\n', FaultTally.Sum(tallies)));
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s, {seconds / count:F1} s a fault"));
    }

    private static int? Setting(string name)
        => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : null;

    private async Task<FaultTally> RunAsync(int number, int seed, int measured, CancellationTokenSource failed)
    {
        var random = new Random(seed);
        FaultSite? site = null;
        try
        {
            site = await FaultSite.StartAsync(random.Next(), keys.First);
            if (measured > 0)
            {
                await site.MeasureAsync(measured, oneDead: Math.Max(1, measured / 20));
            }

            while (!failed.IsCancellationRequested && Take(random) is { Count: > 0 } faults)
            {
                output.WriteLine($"site {number}: {string.Join("; ", faults.Select(static fault => fault.Name))}");
                await site.GoThroughAsync(faults);
            }

            site.BeQuiet();
        }
        catch (Exception e)
        {
            await failed.CancelAsync(); // the others end soon
            throw new ViolationException($"site {number}, seed {seed}, after {site?.Tally.Faults ?? 0} faults there: {e.Message}\nWhat led to it:\n{site?.Describe()}\n{e.StackTrace}");
        }
        finally
        {
            if (site is not null)
            {
                await site.DisposeAsync();
            }
        }

        return site.Tally;
    }

    /// <summary>The next faults, which happen at the same time: at two servers at most, and one of the database; fewer where few are left.</summary>
    private List<Fault> Take(Random random)
    {
        var fault = new[] { false, true }.ToDictionary(
            static isOfDatabase => isOfDatabase, static isOfDatabase => Fault.All.Where(fault => fault.IsOfDatabase == isOfDatabase).ToArray());
        List<Fault> faults = [];
        foreach (bool isOfDatabase in random.Next(6) switch
        {
            0 => (bool[])[false],
            1 => [true],
            2 or 3 => [false, true],
            4 => [false, false],
            _ => [false, false, true],
        })
        {
            lock (_lock)
            {
                if (_left > 0)
                {
                    _left--;
                    faults.Add(fault[isOfDatabase][random.Next(fault[isOfDatabase].Length)]);
                }
            }
        }

        return faults;
    }
}
