using System.Net;
using System.Net.Sockets;
using System.Text;
using Mandos.Host.Systemd;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Systemd;

/// <summary>What systemd says in the environment. All in one class, because there is one environment.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const int Stranger = 1;

    private static readonly string[] _variables =
        ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Array.ForEach(_variables, name => Environment.SetEnvironmentVariable(name, null));

    [Fact]
    public void Sockets_ForThisProcess_AreTakenOnce()
    {
        Set(("LISTEN_FDS", "2"), ("LISTEN_PID", $"{Environment.ProcessId}"), ("LISTEN_FDNAMES", "a:b"));

        Assert.Equal([3, 4], SocketActivation.Offered(launcherId: null));
        Assert.Equal([3, 4], SocketActivation.Take(launcherId: null));

        Assert.Empty(SocketActivation.Take(launcherId: null));
        Assert.Null(Environment.GetEnvironmentVariable("LISTEN_FDNAMES"));
    }

    [Theory]
    [InlineData(null, "2")]
    [InlineData("1", "2")]
    [InlineData("x", "2")]
    [InlineData("own", null)]
    [InlineData("own", "-1")]
    [InlineData("own", "x")]
    public void Sockets_ForOthersOrUnreadable_AreNone(string? process, string? count)
    {
        Set(("LISTEN_FDS", count), ("LISTEN_PID", process == "own" ? $"{Environment.ProcessId}" : process));
        Assert.Empty(SocketActivation.Take(launcherId: null));
    }

    [Fact]
    public void Sockets_ForStartingCommand_AreDaemons()
    {
        Set(("LISTEN_FDS", "1"), ("LISTEN_PID", $"{Stranger}"));
        Assert.Equal([3], SocketActivation.Take(launcherId: Stranger));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("0", null, null)]
    [InlineData("x", null, null)]
    [InlineData("1500000", null, 1.5)]
    [InlineData("1500000", "1", null)]
    [InlineData("1500000", "own", 1.5)]
    public void WatchdogTime_IsRead(string? microseconds, string? process, double? seconds)
    {
        Set(("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process == "own" ? $"{Environment.ProcessId}" : process));
        Assert.Equal(seconds, new ServiceNotifier(launcherId: null, _time).WatchdogTime?.TotalSeconds);
    }

    [Fact]
    public void Notifier_WithoutManager_DoesNothing()
    {
        var notifier = new ServiceNotifier(launcherId: null, _time);
        notifier.Ready("status");
        notifier.Stopping();
    }

    [Fact]
    public void Notifier_AbstractName_IsReached()
    {
        var name = $"mandos-test-{Guid.NewGuid():N}";
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint('\0' + name));
        Set(("NOTIFY_SOCKET", "@" + name));

        new ServiceNotifier(launcherId: 5, _time).Ready("well");

        Assert.Equal($"MAINPID={Environment.ProcessId}\nREADY=1\nSTATUS=well", Receive(manager));
        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
    }

    [Fact]
    public async Task Notifier_ManagerThatIsBusy_IsToldOnceItReads()
    {
        var name = $"mandos-test-{Guid.NewGuid():N}";
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint('\0' + name));
        Set(("NOTIFY_SOCKET", "@" + name));
        var notifier = new ServiceNotifier(launcherId: null, _time);
        Fill(manager.LocalEndPoint!);

        // On a thread of its own, so that it is seen to have come to its system call, or to have given up.
        var telling = new Thread(() => notifier.Ready("well")) { IsBackground = true };
        telling.Start();
        telling.Join(TimeSpan.FromMilliseconds(200));
        string? last = null;
        await WaitAsync(() =>
        {
            while (manager.Available > 0)
            {
                last = Receive(manager);
            }

            return !telling.IsAlive && manager.Available == 0;
        });

        Assert.Equal("READY=1\nSTATUS=well", last);
    }

    /// <summary>Sends to a socket until it takes no more.</summary>
    private static void Fill(EndPoint manager)
    {
        using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        var failure = Assert.Throws<SocketException>(SendForEver);
        Assert.Equal(SocketError.WouldBlock, failure.SocketErrorCode);

        void SendForEver()
        {
            while (true)
            {
                sender.SendTo("X=1"u8, manager);
            }
        }
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    private static void Set(params IEnumerable<(string Name, string? Value)> variables)
    {
        foreach (var (name, value) in variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
