using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;
using static Mandos.CheckerFping.Processes.NativeMethods;

namespace Mandos.CheckerFping.Processes;

/// <summary>Starts <c>/bin/sh -c COMMAND</c> in a clean state that no state of this process leaks into. Thread-safe.</summary>
/// <remarks>
/// posix_spawn(3) and not <see cref="System.Diagnostics.Process"/>, which knows no process groups, hands inherited descriptors
/// on and cannot tell an exit code of 137 from a death by signal 9. The child has: <c>/</c> as directory; /dev/null as standard
/// input and, unless told otherwise, as output; no other descriptor; no signal blocked or ignored (.NET ignores SIGPIPE); a
/// session, and so a process group, of its own, without a terminal, so that nothing in it can be stopped by asking a terminal
/// for a password.
/// </remarks>
internal sealed unsafe class ShellSpawner
{
    // The C library's types have 80, 336 and 128 bytes in glibc and musl; there is room for them to grow.
    private const int OpaqueSize = 1024;

    // Variables that speak to this process alone: those of the service manager (sd_notify(3), sd_listen_fds(3)) and of .NET.
    private static readonly string[] _ownVariables =
        ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
    private static readonly string[] _ownPrefixes = ["DOTNET_", "COMPlus_", "CORECLR_"];

    // Never freed: there is one spawner, used until the process ends.
    private readonly byte* _shell = Text("/bin/sh");
    private readonly byte* _dashC = Text("-c");
    private readonly byte** _environment = Environment();
    private readonly void* _attributes = Attributes();
    private readonly void* _quiet = FileActions(inheritOutput: false);
    private readonly void* _loud = FileActions(inheritOutput: true);

    /// <summary>Starts a shell.</summary>
    /// <param name="command">The command in UTF-8, with a final NUL.</param>
    /// <param name="inheritOutput">Whether standard output and error are this process's.</param>
    /// <param name="pid">The process ID of the shell, which is that of its process group too.</param>
    /// <returns>Zero, or the error number.</returns>
    public int Spawn(ReadOnlySpan<byte> command, bool inheritOutput, out int pid)
    {
        int child = 0;
        int error;
        fixed (byte* text = command)
        {
            byte** argv = stackalloc byte*[] { _shell, _dashC, text, null };
            error = posix_spawn(&child, _shell, inheritOutput ? _loud : _quiet, _attributes, argv, _environment);
        }

        pid = child;
        return error;
    }

    /// <summary>Whether a variable of this process's environment is passed to checkers.</summary>
    internal static bool IsPassedOn(string name)
        => !_ownVariables.Contains(name) && !_ownPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static void* FileActions(bool inheritOutput)
    {
        void* actions = NativeMemory.AllocZeroed(OpaqueSize);
        byte* nothing = Text("/dev/null");
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawn_file_actions_addopen(actions, 0, nothing, O_RDONLY, 0));
        if (!inheritOutput)
        {
            Check(posix_spawn_file_actions_addopen(actions, 1, nothing, O_WRONLY, 0));
            Check(posix_spawn_file_actions_addopen(actions, 2, nothing, O_WRONLY, 0));
        }

        Check(posix_spawn_file_actions_addclosefrom_np(actions, 3));
        Check(posix_spawn_file_actions_addchdir_np(actions, Text("/")));
        return actions;
    }

    private static void* Attributes()
    {
        void* attributes = NativeMemory.AllocZeroed(OpaqueSize);
        void* none = NativeMemory.AllocZeroed(OpaqueSize);
        void* all = NativeMemory.AllocZeroed(OpaqueSize);
        // Not sigfillset(3): it leaves out two signals that glibc keeps for itself, and posix_spawn(3) would then have them
        // ignored.
        NativeMemory.Fill(all, OpaqueSize, 0xff);
        Check(posix_spawnattr_init(attributes));
        Check(posix_spawnattr_setsigmask(attributes, none));
        Check(posix_spawnattr_setsigdefault(attributes, all));
        Check(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
        NativeMemory.Free(none);
        NativeMemory.Free(all);
        return attributes;
    }

    private static byte** Environment()
    {
        List<string> kept = [];
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (IsPassedOn(name))
            {
                kept.Add($"{name}={variable.Value}");
            }
        }

        byte** environment = (byte**)NativeMemory.AllocZeroed((nuint)kept.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < kept.Count; i++)
        {
            environment[i] = Text(kept[i]);
        }

        return environment;
    }

    private static byte* Text(string text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }
}
