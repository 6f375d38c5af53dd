using System.Composition;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>The D-Bus interface of the server, as <c>mandos-ctl</c>, <c>mandos-monitor</c> and other programs know it.</summary>
/// <remarks>
/// The setting <c>address</c> names the bus (D-Bus Specification, "Server Addresses"); it is the system bus by default. Without a bus the
/// server goes on, and the bus is tried again.
/// </remarks>
/// <param name="context">Gives settings, log and time.</param>
[ExportControlSurface(Names.Surface, Settings = ["address"])]
[method: ImportingConstructor]
public sealed partial class DBusSurface(IPluginContext context) : IControlSurface
{
    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>The paths that clients have: they keep them when the bus goes away and comes back.</summary>
    private ObjectPaths? _paths;

    private string Address => context.Settings.GetValueOrDefault("address", DBusAddress.System!);

    /// <inheritdoc/>
    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        TimeSpan pause = TimeSpan.Zero;
        string? lastReason = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (BusException reason, bool hasServed) = await RunSessionAsync(server, cancellationToken).ConfigureAwait(false);
            if (reason.IsStall && hasServed)
            {
                LogStalled(context.Logger);
                _ = NameReaderAsync(cancellationToken);
                continue; // it took a while to notice, so this does not run in circles
            }

            lastReason = hasServed ? null : lastReason;
            pause = hasServed ? _backoff.Shortest
                : reason.IsRefusal ? _backoff.Longest // the owner of the name may give it up some day
                : _backoff.After(pause);
            LogReason(reason.Message, lastReason, pause);
            lastReason = reason.Message;
            await Task.Delay(pause, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Offers the server on the bus once.</summary>
    /// <returns>Why it ended, and whether it was offered at all.</returns>
    private async Task<(BusException Reason, bool HasServed)> RunSessionAsync(
        IMandosServer server, CancellationToken cancellationToken)
    {
        // A copy: the last session may still be at its last events.
        _paths = _paths?.Copy() ?? new ObjectPaths(context.Logger);
        var session = new BusSession(server, _paths, Address, context.TimeProvider, context.Logger);
        await using (session.ConfigureAwait(false))
        {
            return (await session.RunAsync(cancellationToken).ConfigureAwait(false), session.HasServed);
        }
    }

    /// <summary>Logs which program does not read, if the bus tells.</summary>
    private async Task NameReaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await SlowReader.FindAsync(Address, context.TimeProvider, cancellationToken).ConfigureAwait(false) is { } reader)
            {
                LogReader(context.Logger, reader);
            }
        }
        catch (Exception e)
        {
            // It would have been good to know, no more
            LogNoReader(context.Logger, e.Message);
        }
    }

    /// <summary>Logs why there is no D-Bus; loudly only if it was not said before.</summary>
    private void LogReason(string reason, string? lastReason, TimeSpan pause)
    {
        if (reason == lastReason)
        {
            LogStillDisabled(context.Logger, reason);
        }
        else
        {
            LogDisabled(context.Logger, reason, pause.TotalSeconds);
        }
    }
}
