// Feeds mutated inputs to a target: TARGET|all [--count N] [--seed S] [--minutes M]. See docs/testing.md.

using System.Diagnostics;
using System.Globalization;
using Mandos.Fuzz;

const string Usage = "usage: TARGET|all [--count N] [--seed S] [--minutes M], or TARGET --input HEX; targets: ";

string names = string.Join(", ", FuzzTarget.All.Select(static target => target.Name));
FuzzTarget[] targets = [.. FuzzTarget.All.Where(target => args.Length > 0 && (args[0] == target.Name || args[0] == "all"))];
if (targets.Length == 0 || args.Length % 2 == 0)
{
    Console.Error.WriteLine(Usage + names);
    return 2;
}

long count = long.MaxValue;
int seed = Random.Shared.Next();
TimeSpan time = TimeSpan.MaxValue;
for (int i = 1; i < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--count":
            count = long.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--seed":
            seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--minutes":
            time = TimeSpan.FromMinutes(double.Parse(args[i + 1], CultureInfo.InvariantCulture));
            break;
        case "--input":
            targets[0].Fuzz(Convert.FromHexString(args[i + 1]));
            return 0;
        default:
            Console.Error.WriteLine(Usage + names);
            return 2;
    }
}

if (count == long.MaxValue && time == TimeSpan.MaxValue)
{
    count = 1_000_000;
}

int finds = 0;
foreach (FuzzTarget target in targets)
{
    Campaign campaign = new(target, seed);
    long start = Stopwatch.GetTimestamp();
    Find? find = campaign.Run(count, time == TimeSpan.MaxValue ? TimeSpan.FromDays(365) : time);
    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{target.Name}: {campaign.Count} inputs in {seconds:F0} s, seed {seed}; slowest {campaign.SlowestMilliseconds:F1} ms of CPU; "
        + $"growth {campaign.HeapGrowth / 1024} KiB of heap, {campaign.ResidentGrowth / 1024} KiB in all"));
    if (find is not null)
    {
        Console.WriteLine($"FIND {find}");
        finds++;
    }
}

return finds == 0 ? 0 : 1;
