using System.Globalization;
using System.Net.Sockets;
using Mandos.Host.Unix;

namespace Mandos.Host.Systemd;

/// <summary>Tells systemd how the service is (sd_notify(3)); does nothing where systemd did not start it. Thread-safe.</summary>
internal sealed class ServiceNotifier
{
    /// <summary>How long to wait for a systemd that has too much to read. Far less than what its own time limits are.</summary>
    private const int PatienceMilliseconds = 2000;

    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly TimeProvider _timeProvider;

    /// <summary>Whether systemd has to be told which process the service is.</summary>
    private readonly bool _isDaemon;

    /// <summary>Reads the environment, which forgets it.</summary>
    /// <param name="launcherId">The process that started this one as a daemon; null if none did.</param>
    /// <param name="timeProvider">The monotonic clock.</param>
    public ServiceNotifier(int? launcherId, TimeProvider timeProvider)
    {
        (_timeProvider, _isDaemon) = (timeProvider, launcherId is not null);
        bool isWatched = Environment.GetEnvironmentVariable("WATCHDOG_PID") is null
            || SocketActivation.IsOurs("WATCHDOG_PID", launcherId);
        OwnProcess.TakeVariable("WATCHDOG_PID");
        if (long.TryParse(
            OwnProcess.TakeVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
            && isWatched && microseconds is > 0 and < long.MaxValue / TimeSpan.TicksPerMicrosecond)
        {
            WatchdogTime = TimeSpan.FromMicroseconds(microseconds);
        }

        // A name that begins with @ is in the abstract name space.
        if (OwnProcess.TakeVariable("NOTIFY_SOCKET") is { Length: > 1 } path && path[0] is '/' or '@')
        {
            _manager = new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);
        }
    }

    /// <summary>Within what time systemd wants a sign of life; null if it wants none.</summary>
    public TimeSpan? WatchdogTime { get; }

    /// <summary>It has not started yet, but is at work: systemd waits longer than its limit for starts.</summary>
    /// <param name="status">One line about it.</param>
    /// <param name="time">How long systemd is to wait from now on.</param>
    public void Starting(string status, TimeSpan time)
        => Send(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}\nSTATUS={status}"));

    /// <summary>It serves.</summary>
    /// <param name="status">One line about it.</param>
    public void Ready(string status)
    {
        string process = _isDaemon ? string.Create(CultureInfo.InvariantCulture, $"MAINPID={Environment.ProcessId}\n") : "";
        Send($"{process}READY=1\nSTATUS={status}");
    }

    /// <summary>It reads its configuration again; <see cref="Ready"/> has to follow.</summary>
    public void Reloading()
    {
        long microseconds = (long)_timeProvider.GetElapsedTime(0).TotalMicroseconds;
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=Reading the clients again"));
    }

    /// <summary>It stops.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=Stopping");

    /// <summary>It lives.</summary>
    public void Alive() => Send("WATCHDOG=1");

    private void Send(string message)
    {
        if (_manager is null)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
            {
                // While a machine boots, systemd's queue may be full for a moment; a message that is lost then is not sent again.
                SendTimeout = PatienceMilliseconds,
            };
            socket.SendTo(System.Text.Encoding.UTF8.GetBytes(message), _manager);
        }
        catch (SocketException)
        {
            // Nobody listens; systemd notices what it waits for in vain.
        }
    }
}
