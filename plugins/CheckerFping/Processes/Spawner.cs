using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;
using static Mandos.CheckerFping.Processes.NativeMethods;

namespace Mandos.CheckerFping.Processes;

/// <summary>Starts programs in a clean state that no state of this process leaks into. Thread-safe.</summary>
/// <remarks>
/// posix_spawn(3) and not <see cref="System.Diagnostics.Process"/>, which knows no process groups, hands inherited descriptors
/// on and cannot tell an exit code of 137 from a death by signal 9. The child has: <c>/</c> as directory; /dev/null as standard
/// input and, unless told otherwise, as output; no other descriptor; no signal blocked or ignored (.NET ignores SIGPIPE); a
/// session, and so a process group, of its own, without a terminal, so that nothing in it can be stopped by asking a terminal
/// for a password.
/// </remarks>
internal sealed unsafe class Spawner
{
    // The C library's types have 80, 336 and 128 bytes in glibc and musl; there is room for them to grow.
    private const int OpaqueSize = 1024;

    // In place of a descriptor for standard output and error.
    private const int Inherited = -1;
    private const int Discarded = -2;

    // Variables that speak to this process alone: those of the service manager (sd_notify(3), sd_listen_fds(3)) and of .NET.
    private static readonly string[] _ownVariables =
        ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
    private static readonly string[] _ownPrefixes = ["DOTNET_", "COMPlus_", "CORECLR_"];

    // Never freed: there is one spawner, used until the process ends.
    private static readonly byte* _nothing = Text("/dev/null");
    private static readonly byte* _root = Text("/");
    private readonly byte** _environment = Environment();
    private readonly void* _attributes = Attributes();
    private readonly void* _quiet = FileActions(Discarded);
    private readonly void* _loud = FileActions(Inherited);

    /// <summary>Starts a program.</summary>
    /// <param name="arguments">The program and its arguments, without NUL. Without a slash the program is looked for in PATH.</param>
    /// <param name="output">The descriptor that is its standard output and error, or -1.</param>
    /// <param name="inheritOutput">Whether they are this process's, where <paramref name="output"/> is -1.</param>
    /// <param name="pid">Its process ID, which is that of its process group too.</param>
    /// <returns>Zero, or the error number.</returns>
    public int Spawn(IReadOnlyList<string> arguments, int output, bool inheritOutput, out int pid)
    {
        int child = 0;
        byte** argv = (byte**)NativeMemory.AllocZeroed((nuint)arguments.Count + 1, (nuint)sizeof(byte*));
        void* piped = output < 0 ? null : FileActions(output);
        try
        {
            for (int i = 0; i < arguments.Count; i++)
            {
                argv[i] = Text(arguments[i]);
            }

            void* actions = piped != null ? piped : inheritOutput ? _loud : _quiet;
            return posix_spawnp(&child, argv[0], actions, _attributes, argv, _environment);
        }
        finally
        {
            for (int i = 0; argv[i] != null; i++)
            {
                Marshal.FreeCoTaskMem((nint)argv[i]);
            }

            NativeMemory.Free(argv);
            if (piped != null)
            {
                _ = posix_spawn_file_actions_destroy(piped);
                NativeMemory.Free(piped);
            }

            pid = child;
        }
    }

    /// <summary>Whether a variable of this process's environment is passed to checkers.</summary>
    internal static bool IsPassedOn(string name)
        => !_ownVariables.Contains(name) && !_ownPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <param name="output">What standard output and error are: a descriptor, or one of the constants.</param>
    private static void* FileActions(int output)
    {
        void* actions = NativeMemory.AllocZeroed(OpaqueSize);
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawn_file_actions_addopen(actions, 0, _nothing, O_RDONLY, 0));
        foreach (int fd in (ReadOnlySpan<int>)[1, 2])
        {
            if (output >= 0)
            {
                Check(posix_spawn_file_actions_adddup2(actions, output, fd));
            }
            else if (output == Discarded)
            {
                Check(posix_spawn_file_actions_addopen(actions, fd, _nothing, O_WRONLY, 0));
            }
        }

        Check(posix_spawn_file_actions_addclosefrom_np(actions, 3));
        Check(posix_spawn_file_actions_addchdir_np(actions, _root));
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
        List<string> kept = ["PWD=/"]; // as a shell would say
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (IsPassedOn(name) && name != "PWD")
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
