using System.Diagnostics;
using Mandos.TestKit;
using Tmds.DBus.Protocol;

namespace AvahiAnnouncer.Tests.Support;

/// <summary>A real dbus-daemon on which everybody may do everything. It is started by <see cref="StartAsync"/>, again and again.</summary>
internal sealed class TestBus : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    public string Address => $"unix:path={Socket}";

    /// <summary>Is there once the bus was asked to start Avahi.</summary>
    public string ActivationMark => _directory.PathOf("activated");

    private string Socket => _directory.PathOf("socket");

    public async Task StartAsync()
    {
        string configuration = _directory.Write("bus.conf", $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <listen>{Address}</listen>
              <servicedir>{_directory.FullName}</servicedir>
              <policy context="default">
                <allow user="*"/>
                <allow own="*"/>
                <allow send_destination="*"/>
                <allow receive_sender="*"/>
              </policy>
            </busconfig>
            """);
        _directory.Write("avahi.service", $"[D-BUS Service]\nName=org.freedesktop.Avahi\nExec=/bin/touch {ActivationMark}\n");
        string[] arguments = [$"--config-file={configuration}", "--nofork", "--nopidfile", "--nosyslog"];
        _process = Process.Start(new ProcessStartInfo("dbus-daemon", arguments) { RedirectStandardError = true })!;
        _ = _process.StandardError.ReadToEndAsync(CancellationToken.None); // what it grumbles about is of no interest
        await Wait.UntilAsync("the bus listens", () => File.Exists(Socket));
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
        File.Delete(Socket);
    }

    public async Task<DBusConnection> ConnectAsync()
    {
        var connection = new DBusConnection(Address);
        await connection.ConnectAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        _directory.Dispose();
    }
}
