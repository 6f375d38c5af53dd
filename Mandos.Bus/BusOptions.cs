using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>Where a connection goes, and its limits.</summary>
public sealed class BusOptions(string address) : DBusConnectionOptions(address)
{
    private readonly string _address = address;

    public string Name { get; init; } = "dbus";

    public ILogger? Logger { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long connecting, authentication and the bus's first answer may take together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long disposal waits for the bus to take what has been queued.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(2);

    internal BusStream? Stream { get; private set; }

    /// <summary>No descriptors are taken, and a machine without an identity is no reason not to connect.</summary>
    protected override async ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken)
    {
        string path = _address["unix:path=".Length..]; // spike: one address of one kind
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        socket.Blocking = false;
        Stream = new BusStream(socket);
        return new SetupResult(_address)
        {
            UserId = geteuid().ToString(CultureInfo.InvariantCulture), MachineId = ReadMachineId(), ConnectionStream = Stream,
        };
    }

    private static string ReadMachineId()
    {
        string[] files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
        return files.FirstOrDefault(File.Exists) is { } file ? File.ReadAllText(file).Trim() : new string('0', 32);
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint geteuid();
}
