using System.Composition;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.DBus;

namespace Mandos.DBusControl;

/// <summary>The D-Bus interface of the server, as <c>mandos-ctl</c>, <c>mandos-monitor</c> and other programs know it.</summary>
/// <remarks>
/// The setting <c>address</c> names the bus (D-Bus Specification, "Server Addresses"); it is the system bus by default. Without a bus the
/// server goes on, and the bus is tried again.
/// </remarks>
/// <param name="context">Gives settings, log and time.</param>
[ExportControlSurface("dbus")]
[method: ImportingConstructor]
public sealed partial class DBusSurface(IPluginContext context) : IControlSurface
{
    private static readonly TimeSpan _shortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        TimeSpan pause = _shortestPause;
        string? lastReason = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var session = new BusSession(
                server, context.Settings.GetValueOrDefault("address", DBusAddress.System), context.TimeProvider, context.Logger);
            await using (session.ConfigureAwait(false))
            {
                try
                {
                    await session.RunAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (BusException e)
                {
                    if (session.HasServed)
                    {
                        (pause, lastReason) = (_shortestPause, null);
                    }
                    else if (e.IsRefusal)
                    {
                        pause = _longestPause; // whoever has the name may give it up some day
                    }

                    LogReason(e, ref lastReason, pause);
                }
            }

            await Task.Delay(pause, context.TimeProvider, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    /// <summary>Logs why there is no D-Bus; loudly only if it was not said before.</summary>
    private void LogReason(BusException e, ref string? lastReason, TimeSpan pause)
    {
        if (e.Message == lastReason)
        {
            LogStillDisabled(context.Logger, e.Message);
        }
        else
        {
            LogDisabled(context.Logger, e.Message, pause.TotalSeconds);
        }

        lastReason = e.Message;
    }
}
