namespace Mandos.Bench.Sharing;

/// <summary>What it costs that several servers share one state in PostgreSQL. See docs/testing.md.</summary>
internal static class SharedLoad
{
    /// <param name="args">The measurement, and what it takes.</param>
    public static Task RunAsync(string[] args) => args switch
    {
        ["secrets", .. string[] rest] => SharedSecrets.RunAsync(rest),
        ["checks", .. string[] rest] => SharedChecks.RunAsync(rest),
        _ => throw new ArgumentException("name a measurement: secrets [ROUNDS], or checks [CLIENTS [MINUTES]]"),
    };
}
