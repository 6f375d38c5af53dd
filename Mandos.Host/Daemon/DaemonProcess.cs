using System.Globalization;
using Mandos.Host.Unix;
using Microsoft.Win32.SafeHandles;

namespace Mandos.Host.Daemon;

/// <summary>This process as a daemon, started by <see cref="DaemonLauncher"/>.</summary>
internal sealed class DaemonProcess
{
    private const int StandardError = 2;

    private DaemonProcess(int launcherId) => LauncherId = launcherId;

    /// <summary>The process ID of the command that started it.</summary>
    public int LauncherId { get; }

    /// <summary>Standard error: a pipe to the terminal until <see cref="ReportReady"/>, and nothing after that.</summary>
    /// <remarks>Not that of <see cref="Console"/>, which is a copy of the descriptor and would keep the pipe.</remarks>
    public FileStream Error { get; } =
        new FileStream(new SafeFileHandle(StandardError, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Finds out whether this process becomes a daemon.</summary>
    /// <returns>Null if it is not.</returns>
    public static DaemonProcess? Detect()
    {
        // Compared, because a server that is started from within something that a daemon started may have the variable by accident.
        string parent = Libc.getppid().ToString(CultureInfo.InvariantCulture);
        return OwnProcess.TakeVariable(DaemonLauncher.Variable) == parent ? new DaemonProcess(Libc.getppid()) : null;
    }

    /// <summary>Lets go of the terminal, and tells the starting command that the server serves.</summary>
    public void ReportReady()
    {
        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);
        int terminal = (int)Error.SafeFileHandle.DangerousGetHandle();
        using var launcher = new SafeFileHandle(Libc.fcntl(terminal, Libc.F_DUPFD_CLOEXEC, terminal + 1), ownsHandle: true);
        if (launcher.IsInvalid)
        {
            throw new IOException($"cannot copy the descriptor of standard error: {Libc.LastError}");
        }

        // First, so that the terminal is free when the command has ended.
        _ = Libc.dup2((int)nothing.DangerousGetHandle(), terminal);
        try
        {
            using var pipe = new FileStream(launcher, FileAccess.Write, bufferSize: 0);
            pipe.WriteByte(DaemonLauncher.ReadyMark);
        }
        catch (IOException)
        {
            // The command is gone, but the server serves.
        }
    }
}
