using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>.NET's own door for debuggers and profilers: a socket in /tmp through which the user's other programs can load code.</summary>
internal static unsafe class Diagnostics
{
    private const string Variable = "DOTNET_EnableDiagnostics";

    /// <summary>The setting for the environment of a process that is to start with the door shut.</summary>
    public static (string Name, string Value) Off { get; } = (Variable, "0");

    /// <summary>
    /// Starts the program again in this process if the door is open, which only the environment can shut, and only before the runtime
    /// starts. Does not return then. If the variable is set, to whatever value, the program leaves it alone.
    /// </summary>
    public static void EnsureOff()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null && Environment.ProcessPath is { } program)
        {
            RemoveDoors();
            // It returns only if it fails; then the kernel still keeps debuggers away: see MemoryProtection.
            Libc.execve(Libc.Text(program), Libc.Texts(OwnProcess.Arguments()), Libc.Texts(OwnProcess.EnvironmentWith(Off)));
        }
    }

    /// <summary>The runtime does so at its end, which does not come.</summary>
    private static void RemoveDoors()
    {
        string directory = Path.GetTempPath();
        foreach (string name in new[] { "dotnet-diagnostic", "clr-debug-pipe" })
        {
            try
            {
                foreach (string door in Directory.GetFiles(directory, $"{name}-{Environment.ProcessId}-*"))
                {
                    File.Delete(door);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nobody listens there any more.
            }
        }
    }
}
