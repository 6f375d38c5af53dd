using System.Globalization;

namespace Mandos.Engine.Tests.Model;

/// <summary>
/// The engine against a plain model of its rules. <c>MANDOS_MODEL_STEPS</c> is the number of steps in all (default 100,000),
/// <c>MANDOS_MODEL_SEED</c> the first seed (default: a new one each time; a failure names its own).
/// </summary>
public sealed class EngineModelTests(ITestOutputHelper output)
{
    private const int StepsOfOneRun = 1_000;
    private const int DefaultSteps = 100_000;

    [Fact]
    public void Engine_AnyLife_IsAsTheModel()
    {
        int steps = Number("MANDOS_MODEL_STEPS") ?? DefaultSteps;
        int seed = Number("MANDOS_MODEL_SEED") ?? Random.Shared.Next(1, int.MaxValue / 2);
        int got = 0;
        Dictionary<string, int> tally = [];
        for (int i = 0; i * StepsOfOneRun < steps; i++)
        {
            var run = new RandomRun(seed + i);
            run.Run(Math.Min(StepsOfOneRun, steps));
            got += run.SecretsGot;
            foreach ((string kind, int count) in run.Tally)
            {
                tally[kind] = tally.GetValueOrDefault(kind) + count;
            }
        }

        output.WriteLine($"seed {seed}, {steps} steps, {got} secrets; " + string.Join(", ",
            tally.Select(static kind => $"{kind.Key} {kind.Value}")));
        Assert.True(got > steps / 50, $"only {got} secrets in {steps} steps: the test does not test");
    }

    private static int? Number(string variable)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture)
            : null;
}
