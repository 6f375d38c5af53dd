using Mandos.Host.Unix;

namespace Mandos.Host.Privileges;

/// <summary>Keeps the memory, which holds the secrets, from core dumps and from the user's other programs.</summary>
internal static class MemoryProtection
{
    /// <summary>Protects it. A change of the user undoes part of it, so it has to be done again after that.</summary>
    /// <returns>What went wrong; null if nothing did.</returns>
    public static string? Apply()
    {
        // Not dumpable (prctl(2)): then nobody but root can attach a debugger, read /proc/PID/mem or have it dump core.
        bool isDone = Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
            && Libc.setrlimit(Libc.RLIMIT_CORE, default) == 0;
        return isDone ? null : Libc.LastError;
    }
}
