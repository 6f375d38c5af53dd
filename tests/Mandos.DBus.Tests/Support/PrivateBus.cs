using System.Diagnostics;
using Mandos.TestKit;

namespace Mandos.DBus.Tests.Support;

/// <summary>A real dbus-daemon on a socket of its own.</summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _daemon;

    private PrivateBus()
    {
    }

    public string Address => $"unix:path={_directory.PathOf("bus")}";

    public static async Task<PrivateBus> StartAsync()
    {
        PrivateBus bus = new();
        await File.WriteAllTextAsync(
            bus._directory.PathOf("bus.conf"),
            $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <listen>{bus.Address}</listen>
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow send_destination="*" eavesdrop="true"/>
                <allow eavesdrop="true"/>
                <allow own="*"/>
              </policy>
              <limit name="max_replies_per_connection">50000</limit>
            </busconfig>
            """);
        await bus.RestartAsync();
        return bus;
    }

    public async Task<DBusConnection> ConnectAsync(DBusConnectionOptions? options = null)
    {
        DBusConnection connection = new(options ?? new(Address));
        await connection.ConnectAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>Starts the daemon; it listens when this returns.</summary>
    public async Task RestartAsync()
    {
        File.Delete(_directory.PathOf("bus"));
        _daemon = Process.Start(new ProcessStartInfo(
            "dbus-daemon",
            [$"--config-file={_directory.PathOf("bus.conf")}", "--nofork", "--nopidfile", "--nosyslog", "--print-address"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        // It complains of what it cannot do without root.
        _daemon.ErrorDataReceived += (_, _) => { };
        _daemon.BeginErrorReadLine();
        Assert.NotNull(await _daemon.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    public async Task KillAsync()
    {
        _daemon!.Kill();
        await _daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a D-Bus tool against this bus.</summary>
    /// <returns>What it said, without the last line's end.</returns>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = Command.Describe(program, arguments);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = Address;
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = Address;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (await output + await errors).TrimEnd('\n');
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon != null)
        {
            _daemon.Kill();
            await _daemon.WaitForExitAsync(CancellationToken.None);
            _daemon.Dispose();
        }
        _directory.Dispose();
    }
}
