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
    public Stream Error { get; } =
        new FileStream(new SafeFileHandle(StandardError, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Finds out whether this process becomes a daemon.</summary>
    /// <returns>Null if it is not.</returns>
    public static DaemonProcess? Detect()
    {
        // Compared, because a server that is started from within something that a daemon started may have the variable by accident.
        string parent = Libc.getppid().ToString(CultureInfo.InvariantCulture);
        return OwnProcess.TakeVariable(DaemonLauncher.Variable) == parent ? new DaemonProcess(Libc.getppid()) : null;
    }

    /// <summary>Tells the starting command that the server serves, and lets go of the terminal.</summary>
    public void ReportReady()
    {
        try
        {
            Error.WriteByte(DaemonLauncher.ReadyMark);
        }
        catch (IOException)
        {
            // It is gone, but the server serves.
        }

        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);
        _ = Libc.dup2((int)nothing.DangerousGetHandle(), StandardError);
    }
}
