using Microsoft.Extensions.Logging;

namespace Mandos.DBus;

/// <summary>Where a connection goes, and all its limits.</summary>
/// <param name="address">The bus's address, <see cref="DBusAddress.System"/> for example.</param>
public sealed class DBusConnectionOptions(string address)
{
    /// <summary>The address, <c>unix:path=</c> or <c>unix:abstract=</c>; or several with <c>;</c>, tried in order.</summary>
    public string Address { get; } = address;

    /// <summary>What the connection is called in the log; its thread has this name too.</summary>
    public string Name { get; init; } = "dbus";

    /// <summary>Where faults of handlers and the connection's end are logged; null: nowhere.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>The clock of all time limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long connecting to the socket may take, all addresses together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long authentication and the bus's first answer may take.</summary>
    public TimeSpan AuthTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a call waits for its reply; the reference implementation has the same default.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long disposal waits for the bus to take what has been queued.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The largest message sent, in bytes. The default is what dbus-daemon's system bus allows: it disconnects who sends more.
    /// At most 128 MiB, the specification's limit.
    /// </summary>
    public int MaxMessageSize { get; init; } = 32 << 20;

    /// <summary>
    /// How many bytes may wait to be sent; a message that comes first may be larger. When half of it waits, no more calls are
    /// read until the bus has taken some.
    /// </summary>
    public int MaxQueuedBytes { get; init; } = 64 << 20;

    /// <summary>How many calls of ours may wait for a reply; more fail with <see cref="DBusErrors.LimitsExceeded"/>.</summary>
    public int MaxPendingCalls { get; init; } = 1 << 16;

    /// <summary>
    /// How many calls of others may be in the hands of handlers that have not finished; more are refused with
    /// <see cref="DBusErrors.LimitsExceeded"/>.
    /// </summary>
    public int MaxPendingRequests { get; init; } = 4096;
}
