using System.Globalization;
using Mandos.Host.Unix;

namespace Mandos.Host.Systemd;

/// <summary>Sockets that systemd has opened for us (sd_listen_fds(3)).</summary>
internal static class SocketActivation
{
    private const int FirstDescriptor = 3;

    /// <summary>The descriptors.</summary>
    /// <param name="launcherId">The process that started this one as a daemon, for which the sockets are as well.</param>
    /// <returns>None, if there are none or they are for another process.</returns>
    public static IReadOnlyList<int> Offered(int? launcherId)
        => IsOurs("LISTEN_PID", launcherId) && int.TryParse(
            Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? [.. Enumerable.Range(FirstDescriptor, count)]
            : [];

    /// <summary>The descriptors, once: the environment forgets them.</summary>
    /// <inheritdoc cref="Offered"/>
    public static IReadOnlyList<int> Take(int? launcherId)
    {
        IReadOnlyList<int> offered = Offered(launcherId);
        OwnProcess.TakeVariable("LISTEN_FDS");
        OwnProcess.TakeVariable("LISTEN_PID");
        OwnProcess.TakeVariable("LISTEN_FDNAMES");
        return offered;
    }

    /// <summary>Whether a variable names this process, or the one that started it as a daemon.</summary>
    public static bool IsOurs(string variable, int? launcherId)
        => int.TryParse(
            Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && (id == Environment.ProcessId || id == launcherId);
}
