using Mandos.Bus;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl;

/// <summary>What dbus-daemon keeps in memory for, and of, a connection, as it tells programs that may ask. dbus-broker does not.</summary>
/// <param name="Incoming">Bytes that came from it and that others have not read yet.</param>
/// <param name="Outgoing">Bytes that it has not read yet.</param>
internal readonly record struct BusStatistics(uint Incoming, uint Outgoing)
{
    /// <summary>Asks the bus.</summary>
    /// <param name="connection">The connection to ask by. The bus answers in order, once it has read what was sent before.</param>
    /// <param name="name">The name of the connection that it is about.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Null if the bus does not tell.</returns>
    /// <exception cref="DBusErrorReplyException">The connection is gone: <see cref="BusErrors.NameHasNoOwner"/>.</exception>
    /// <exception cref="DBusConnectionClosedException">There is no bus any more.</exception>
    public static async Task<BusStatistics?> OfAsync(BusConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.CallAsync(
                Names.Bus, Names.BusPath, Names.BusStatistics, "GetConnectionStats", "s", (ref writer) => writer.WriteString(name), Read, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName != BusErrors.NameHasNoOwner)
        {
            return null;
        }
    }

    private static BusStatistics Read(Message message)
    {
        Dictionary<string, VariantValue> values = message.GetBodyReader().ReadDictionaryOfStringToVariantValue();
        return new BusStatistics(Number("IncomingBytes"), Number("OutgoingBytes"));

        uint Number(string name) => values.TryGetValue(name, out VariantValue value) && value.Type == VariantValueType.UInt32 ? value.GetUInt32() : 0;
    }
}
