namespace Mandos.Ctl.Monitor;

/// <summary>The program <c>mandos-monitor</c>.</summary>
internal static class MonitorCommand
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit status.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync("mandos-monitor: not built in").ConfigureAwait(false);
        return 1;
    }
}
