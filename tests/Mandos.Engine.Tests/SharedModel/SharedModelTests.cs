using System.Globalization;
using Mandos.Engine.Tests.Model;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>
/// Engines at one store through random lives. <c>MANDOS_SHARED_MODEL_STEPS</c> is the number of steps in all (default 1,000,000),
/// <c>MANDOS_SHARED_MODEL_SEED</c> the first seed (default: a new one each time; a failure names the one to repeat).
/// </summary>
public sealed class SharedModelTests(ITestOutputHelper output)
{
    private const int StepsOfOneRun = 2_000;
    private const int DefaultSteps = 1_000_000;

    [Fact]
    public void Servers_AnyLife_GiveNoSecretAfterDisableAndAllThatAreDue()
    {
        int steps = Number("MANDOS_SHARED_MODEL_STEPS") ?? DefaultSteps;
        int seed = Number("MANDOS_SHARED_MODEL_SEED") ?? Random.Shared.Next(1, int.MaxValue / 2);
        Dictionary<string, int> tally = [];
        int written = 0, acknowledged = 0;
        for (int i = 0; i * StepsOfOneRun < steps; i++)
        {
            using var run = new SharedRun(seed + i, StoreFault.None);
            run.Run(Math.Min(StepsOfOneRun, steps));
            (written, acknowledged) = (written + run.Log.Written, acknowledged + run.Log.Acknowledged);
            foreach ((string kind, int count) in run.Tally)
            {
                tally[kind] = tally.GetValueOrDefault(kind) + count;
            }
        }

        output.WriteLine($"seed {seed}, {steps} steps, {written} secrets, {acknowledged} acknowledged; "
            + string.Join(", ", tally.Select(static kind => $"{kind.Key} {kind.Value}")));
        Assert.True(written > steps / 200 && acknowledged > steps / 2000, $"{written} secrets, {acknowledged} acknowledged: the test does not test");
    }

    [Theory]
    [InlineData(StoreFault.SavesWholeRecords)]
    [InlineData(StoreFault.SyncsByReading)]
    [InlineData(StoreFault.CountsReplacedCommit)]
    [InlineData(StoreFault.GivesOldData)]
    public void Servers_AtBadStore_AreSeenToErr(StoreFault fault)
    {
        int steps = 0;
        for (int seed = 1; ; seed++)
        {
            using var run = new SharedRun(seed, fault);
            try
            {
                run.Run(StepsOfOneRun);
                steps += run.Steps;
                Assert.True(steps < 200_000, $"not seen in {steps} steps");
            }
            catch (ModelMismatchException e)
            {
                output.WriteLine($"{fault}: seen after {steps + run.Steps} steps: {e.Message.Split('\n')[0]}");
                return;
            }
        }
    }

    private static int? Number(string variable)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
