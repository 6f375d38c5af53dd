using System.Globalization;
using Mandos.Bus;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>Finds the program that does not read what the bus has for it, by dbus-daemon's statistics of its connections.</summary>
internal static class SlowReader
{
    /// <summary>Looks for it.</summary>
    /// <returns>Its name on the bus, its process, and how much the bus keeps for it; null if there is none.</returns>
    /// <exception cref="DBusExceptionBase">The bus does not tell.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or is cancelled.</exception>
    public static async Task<string?> FindAsync(string address, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(DBusLimits.SearchTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var connection = new BusConnection(new BusOptions(address) { Name = "slow-reader", TimeProvider = time });
        await using (connection.ConfigureAwait(false))
        {
            await connection.ConnectAsync(either.Token).ConfigureAwait(false);
            string[] names = await connection.CallAsync(
                Names.Bus, Names.BusPath, Names.Bus, "ListNames", null, null, static message => message.GetBodyReader().ReadArrayOfString(), either.Token)
                .ConfigureAwait(false);
            (string Name, uint Bytes) most = ("", 0);
            foreach (string name in names.Where(static name => name.StartsWith(':')))
            {
                try
                {
                    uint bytes = await BusStatistics.OfAsync(connection, name, either.Token).ConfigureAwait(false) is { } told ? told.Outgoing : 0;
                    most = bytes > most.Bytes ? (name, bytes) : most;
                }
                catch (DBusErrorReplyException e) when (e.ErrorName == BusErrors.NameHasNoOwner)
                {
                    // It has gone meanwhile, as the connection that the server had before.
                }
            }

            if (most.Bytes < DBusLimits.UnreadBytes)
            {
                return null;
            }

            uint process = await connection.CallAsync(
                Names.Bus, Names.BusPath, Names.Bus, "GetConnectionUnixProcessID", "s", (ref writer) => writer.WriteString(most.Name),
                static message => message.GetBodyReader().ReadUInt32(), either.Token).ConfigureAwait(false);
            return string.Create(
                CultureInfo.InvariantCulture, $"{most.Name}, process {process}{Command(process)}, for which it keeps {most.Bytes >> 20} MiB");
        }
    }

    private static string Command(uint process)
    {
        try
        {
            return $" ({File.ReadAllText($"/proc/{process}/comm").TrimEnd()})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
