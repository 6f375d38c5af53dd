using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>Where a connection goes, and its limits.</summary>
/// <param name="address">The address of the bus, or several (D-Bus Specification, "Server Addresses").</param>
public sealed class BusOptions(string address) : DBusConnectionOptions(address)
{
    private readonly string _address = address;

    /// <summary>What the connection is called in the log.</summary>
    public string Name { get; init; } = "dbus";

    /// <summary>The log; null for none.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>The clock of all limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long connecting, authentication and the bus's first answer may take together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a call may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long disposal waits for the bus to take what has been queued.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The number of the user as whom this process runs.</summary>
    public static uint OwnUser => geteuid();

    internal BusStream? Stream { get; private set; }

    /// <summary>No descriptors are taken, and a machine without an identity is no reason not to connect.</summary>
    protected override async ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken)
    {
        Socket socket = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        Stream = new BusStream(socket);
        return new SetupResult(_address)
        {
            UserId = geteuid().ToString(CultureInfo.InvariantCulture), MachineId = ReadMachineId(), ConnectionStream = Stream,
        };
    }

    /// <summary>Connects to the first address that can be used.</summary>
    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        foreach (BusAddress address in BusAddress.ParseList(_address))
        {
            string? problem = address.Problem;
            if (problem is null)
            {
                try
                {
                    return await UnixSocket.ConnectAsync(address.EndPoint!, TimeProvider, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException e)
                {
                    problem = UnixSocket.Describe(e);
                }
            }

            problems.Add($"{address.Text}: {problem}");
        }

        throw new DBusConnectFailedException(problems.Count == 0 ? "the bus's address is empty" : string.Join("; ", problems));
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
