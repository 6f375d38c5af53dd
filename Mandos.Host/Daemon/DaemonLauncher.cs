using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Mandos.Host.Privileges;
using Mandos.Host.Systemd;
using Mandos.Host.Unix;

namespace Mandos.Host.Daemon;

/// <summary>
/// The command that starts a daemon: it starts the server detached, shows what that has to say until it serves, and ends with 0 then, or
/// with the server's exit status if that ends instead.
/// </summary>
/// <remarks>
/// A process with threads cannot fork, and the runtime has threads. So the server is a new process of the same program. Its standard
/// error is a pipe to here; a NUL character on it says that it serves.
/// </remarks>
internal static unsafe class DaemonLauncher
{
    /// <summary>Tells the server's process that it was started here, by the process ID.</summary>
    public const string Variable = "MANDOS_LAUNCHER";

    /// <summary>What the daemon writes when it serves: no text has it.</summary>
    public const byte ReadyMark = 0;

    private const int Failure = 1;
    private const int LastStandardStream = 2;

    // The C library's types have 80, 336 and 128 bytes in glibc and musl; there is room for them to grow.
    private const int OpaqueSize = 1024;

    /// <summary>Starts the daemon and waits until it serves or ends.</summary>
    /// <param name="socket">The descriptor in the option <c>socket</c>, if there is one.</param>
    /// <returns>Exit status.</returns>
    public static int Run(int? socket)
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0)
        {
            return Fail($"cannot make a pipe: {Libc.LastError}");
        }

        int error = Start(ends[1], socket, out int pid);
        _ = Libc.close(ends[1]);
        if (error != 0)
        {
            return Fail($"cannot start the daemon: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        // A user who interrupts this command does not want the server.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopDaemon);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopDaemon);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, StopDaemon);
        return Relay(ends[0]) ? 0 : StatusOf(pid);

        void StopDaemon(PosixSignalContext context)
        {
            context.Cancel = true;
            _ = Libc.kill(pid, Libc.SIGTERM);
        }
    }

    /// <returns>Zero, or the error number.</returns>
    private static int Start(int errors, int? socket, out int pid)
    {
        List<string> arguments = OwnProcess.Arguments();
        HashSet<int> kept = [.. SocketActivation.Offered(launcherId: null)];
        if (socket is { } given)
        {
            // The daemon's standard streams are others. The last one of an option counts.
            int moved = given > LastStandardStream ? given : Libc.fcntl(given, Libc.F_DUPFD, LastStandardStream + 1);
            kept.Add(moved);
            arguments.Add("--socket=" + moved.ToString(CultureInfo.InvariantCulture));
        }

        LetGoOfAllBut(kept);

        List<string> environment = OwnProcess.EnvironmentWith(
            (Variable, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), Diagnostics.Off);
        void* actions = NativeMemory.AllocZeroed(OpaqueSize);
        Check(Libc.posix_spawn_file_actions_init(actions));
        Check(Libc.posix_spawn_file_actions_addopen(actions, 0, Libc.Text("/dev/null"), 0, 0));
        Check(Libc.posix_spawn_file_actions_addopen(actions, 1, Libc.Text("/dev/null"), 1, 0));
        Check(Libc.posix_spawn_file_actions_adddup2(actions, errors, 2));

        void* attributes = NativeMemory.AllocZeroed(OpaqueSize);
        void* none = NativeMemory.AllocZeroed(OpaqueSize);
        void* all = NativeMemory.AllocZeroed(OpaqueSize);
        NativeMemory.Fill(all, OpaqueSize, 0xff);
        Check(Libc.posix_spawnattr_init(attributes));
        Check(Libc.posix_spawnattr_setsigmask(attributes, none));
        Check(Libc.posix_spawnattr_setsigdefault(attributes, all));
        Check(Libc.posix_spawnattr_setflags(
            attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSID));

        int child = 0;
        int error = Libc.posix_spawn(
            &child, Libc.Text(Environment.ProcessPath!), actions, attributes, Libc.Texts(arguments), Libc.Texts(environment));
        pid = child;
        return error;
    }

    /// <summary>Whatever this command was started with, a log of an init script or the like, the daemon must not hold on to.</summary>
    private static void LetGoOfAllBut(HashSet<int> kept)
    {
        foreach (string entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            int fd = int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture);
            if (fd > LastStandardStream && !kept.Contains(fd))
            {
                _ = Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);
            }
        }
    }

    /// <summary>Shows what the daemon writes.</summary>
    /// <returns>Whether it serves; if not, it has ended or is about to.</returns>
    private static bool Relay(int pipe)
    {
        using Stream terminal = Console.OpenStandardError();
        byte* buffer = stackalloc byte[4096];
        while (true)
        {
            nint count = Libc.read(pipe, buffer, 4096);
            if (count < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
            {
                continue;
            }

            if (count <= 0)
            {
                return false;
            }

            var text = new ReadOnlySpan<byte>(buffer, (int)count);
            int mark = text.IndexOf(ReadyMark);
            terminal.Write(mark < 0 ? text : text[..mark]);
            if (mark >= 0)
            {
                return true;
            }
        }
    }

    private static int StatusOf(int pid)
    {
        int status;
        while (Libc.waitpid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
        }

        // wait(2): the low seven bits are the signal, the next byte is the exit status.
        int signal = status & 0x7f;
        if (signal != 0)
        {
            return Fail($"the server was killed by signal {signal} before it served");
        }

        // 0 is the answer to a signal that came before it served.
        int code = (status >> 8) & 0xff;
        return code == 0 ? Failure : code;
    }

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mandos: {reason}");
        return Failure;
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }
}
