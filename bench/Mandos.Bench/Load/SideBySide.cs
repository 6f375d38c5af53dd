using System.Globalization;
using Mandos.TestKit;

namespace Mandos.Bench.Load;

/// <summary>Figures of this build beside those of another one, taken in turns, so that what else the machine does meets both.</summary>
/// <param name="other">The root of the other one's built checkout.</param>
internal sealed class SideBySide(string other)
{
    private readonly OrderedDictionary<string, (List<double> Other, List<double> This)> _figures = [];

    /// <summary>Measures both, one after the other, and in the next round the other way round.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="measure">Gets the root of a built checkout, and what takes a figure under a name.</param>
    public async Task RunAsync(int rounds, Func<string, Action<string, double>, Task> measure)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isThis in round % 2 == 0 ? (bool[])[false, true] : [true, false])
            {
                await measure(isThis ? Repository.Root : other, (name, value) => Add(name, value, isThis));
            }
        }
    }

    /// <summary>Prints the medians, and their ratios.</summary>
    public void Print()
    {
        Console.WriteLine($"{"median",-50} {"other",10} {"this",10} {"this / other",12}");
        foreach ((string name, (List<double> before, List<double> after)) in _figures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-50} {Median(before),10:F3} {Median(after),10:F3} {Median(after) / Median(before),12:F3}"));
        }
    }

    private void Add(string name, double value, bool isThis)
    {
        if (!_figures.TryGetValue(name, out (List<double> Other, List<double> This) both))
        {
            _figures[name] = both = ([], []);
        }

        (isThis ? both.This : both.Other).Add(value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(isThis ? "this" : "other"),-6} {name,-50} {value,10:F3}"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
