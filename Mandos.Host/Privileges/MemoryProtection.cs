using System.Globalization;
using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>Keeps the memory, which holds the secrets, from core dumps and from the user's other programs.</summary>
internal static class MemoryProtection
{
    /// <summary>The process that traces this one (ptrace(2)), as proot and debuggers do; 0 if none does.</summary>
    public static int Tracer
        => File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("TracerPid:", StringComparison.Ordinal)) is { } line
            && int.TryParse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture, out int tracer) ? tracer : 0;

    /// <summary>Protects it. A change of the user undoes part of it, so it has to be done again after that.</summary>
    /// <param name="isTraced">
    /// Whether this process is traced: then it stays dumpable, because a tracer that lives in its memory, such as proot, could not go on.
    /// </param>
    /// <returns>What went wrong; null if nothing did.</returns>
    public static string? Apply(bool isTraced)
    {
        // Not dumpable (prctl(2)): then nobody but root can attach a debugger, read /proc/PID/mem or have it dump core.
        bool isDone = (isTraced || Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
            && Libc.setrlimit(Libc.RLIMIT_CORE, default) == 0;
        return isDone ? null : Libc.LastError;
    }
}
