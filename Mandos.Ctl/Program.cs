using Mandos.Ctl.Commands;
using Mandos.Ctl.Monitor;

namespace Mandos.Ctl;

/// <summary>The executable <c>mandos-ctl</c>, which is <c>mandos-monitor</c> when called by that name.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        using var interrupted = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            interrupted.Cancel();
        };
        return Path.GetFileName(Environment.GetCommandLineArgs()[0]) is "mandos-monitor" or "mandos-monitor.dll" || IsMonitor()
            ? await MonitorCommand.RunAsync(arguments, interrupted.Token).ConfigureAwait(false)
            : await CtlCommand.RunAsync(arguments, interrupted.Token).ConfigureAwait(false);
    }

    // The runtime names the program's assembly as the first argument; the kernel knows what was called.
    private static bool IsMonitor()
    {
        try
        {
            byte[] commandLine = File.ReadAllBytes("/proc/self/cmdline");
            string called = System.Text.Encoding.UTF8.GetString(commandLine.AsSpan(0, Math.Max(Array.IndexOf(commandLine, (byte)0), 0)));
            return Path.GetFileName(called) == "mandos-monitor";
        }
        catch (IOException)
        {
            return false; // no /proc
        }
    }
}
