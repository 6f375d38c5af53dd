using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace AvahiAnnouncer.Tests.Support;

/// <summary>A bus that could start Avahi. It is started by <see cref="StartAsync"/>, again and again.</summary>
internal sealed class TestBus : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DBusDaemon _daemon;

    public TestBus()
    {
        _directory.Write("avahi.service", $"[D-BUS Service]\nName=org.freedesktop.Avahi\nExec=/bin/touch {ActivationMark}\n");
        _daemon = new DBusDaemon($"{DBusDaemon.OpenRules}<servicedir>{_directory.FullName}</servicedir>");
    }

    public string Address => _daemon.Address;

    /// <summary>Is there once the bus was asked to start Avahi.</summary>
    public string ActivationMark => _directory.PathOf("activated");

    public Task StartAsync() => _daemon.RestartAsync();

    public Task KillAsync() => _daemon.KillAsync();

    public async Task<DBusConnection> ConnectAsync()
    {
        var connection = new DBusConnection(Address);
        await connection.ConnectAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _directory.Dispose();
    }
}
