using System.Globalization;
using Mandos.Host.Unix;

namespace Mandos.Host.Systemd;

/// <summary>Sockets that systemd has opened for us (sd_listen_fds(3)).</summary>
internal static class SocketActivation
{
    private const int FirstDescriptor = 3;

    /// <summary>The descriptors. They are to be taken once; the environment forgets them.</summary>
    /// <param name="launcherId">The process that started this one as a daemon, for which the sockets are as well.</param>
    /// <returns>None, if there are none or they are for another process.</returns>
    public static IReadOnlyList<int> Take(int? launcherId)
    {
        bool isOurs = IsOurs("LISTEN_PID", launcherId);
        string? count = OwnProcess.TakeVariable("LISTEN_FDS");
        OwnProcess.TakeVariable("LISTEN_PID");
        OwnProcess.TakeVariable("LISTEN_FDNAMES");
        return isOurs && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? [.. Enumerable.Range(FirstDescriptor, number)]
            : [];
    }

    /// <summary>Whether there are any, without taking them.</summary>
    /// <inheritdoc cref="Take"/>
    public static bool IsOffered(int? launcherId)
        => IsOurs("LISTEN_PID", launcherId) && Environment.GetEnvironmentVariable("LISTEN_FDS") is not (null or "0");

    /// <summary>Whether a variable names this process, or the one that started it as a daemon.</summary>
    public static bool IsOurs(string variable, int? launcherId)
        => int.TryParse(
            Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && (id == Environment.ProcessId || id == launcherId);
}
