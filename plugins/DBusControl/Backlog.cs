using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>
/// What the bus keeps because nobody has read it. dbus-daemon tells programs that may ask, as the package's policy allows the server;
/// dbus-broker does not tell, but disconnects programs that do not read.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="ended">The session is over.</param>
internal sealed class Backlog(BusConnection connection, CancellationToken ended) : IBacklog
{
    /// <inheritdoc/>
    public async Task KeepUpAsync() => await KeepUpAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Waits until the bus has read what was sent: it answers in order. So signals never pile up here.</summary>
    /// <exception cref="DBusExceptionBase">The bus is gone.</exception>
    public async Task KeepUpAsync(CancellationToken cancellationToken)
        => await connection.GetNameOwnerAsync(Names.Service, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<uint?> OfAsync(string reader)
    {
        try
        {
            if (await BusStatistics.OfAsync(connection, reader, ended).ConfigureAwait(false) is { } told)
            {
                return told.Outgoing;
            }

            return await connection.GetNameOwnerAsync(reader, ended).ConfigureAwait(false) is null ? null : 0;
        }
        catch (Exception e) when (e is DBusExceptionBase or OperationCanceledException)
        {
            return null; // it is gone, or the bus is
        }
    }

    /// <summary>How many bytes of the server's it keeps; 0 if it does not tell.</summary>
    /// <exception cref="DBusExceptionBase">The bus is gone.</exception>
    public async Task<uint> OfOursAsync(CancellationToken cancellationToken)
        => await BusStatistics.OfAsync(connection, connection.UniqueName!, cancellationToken).ConfigureAwait(false) is { } told ? told.Incoming : 0;
}
