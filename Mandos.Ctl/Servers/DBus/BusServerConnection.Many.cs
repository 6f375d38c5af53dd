using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>Changes of many clients by one call.</summary>
internal sealed partial class BusServerConnection
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Client>> ListToChangeAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Service}.GetAllClients()");
        try
        {
            return await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Service, "GetAllClients", null).CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, "ao");
                    List<Client> clients = [];
                    ArrayEnd end = reader.ReadArrayStart(DBusType.ObjectPath);
                    while (reader.HasNext(end))
                    {
                        clients.Add(new Client(reader.ReadObjectPathAsString()));
                    }

                    return clients;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName == BusErrors.LimitsExceeded)
        {
            return await ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ServerException>?> TryChangeManyAsync(
        IReadOnlyList<Client> clients, ManyChange change, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.ChangeClients({clients.Count} clients, {change.Property}, {change.Value})");
        try
        {
            return await _connection.CallAsync(
                Message(),
                static message =>
                {
                    Reader reader = Body(message, "a(osss)");
                    Dictionary<string, ServerException> problems = [];
                    ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
                    while (reader.HasNext(end))
                    {
                        reader.AlignStruct();
                        string path = reader.ReadObjectPathAsString();
                        string name = reader.ReadString();
                        var error = new DBusErrorReplyException(reader.ReadString(), reader.ReadString());
                        problems[path] = Explain(error, new Client(path) { Name = name.Length > 0 ? name : path });
                    }

                    return problems;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            return null;
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }

        MessageBuffer Message()
        {
            MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "ChangeClients", "aosv");
            ArrayStart paths = writer.WriteArrayStart(DBusType.ObjectPath);
            foreach (Client client in clients)
            {
                writer.WriteObjectPath(client.Path);
            }

            writer.WriteArrayEnd(paths);
            writer.WriteString(change.Property);
            writer.WriteVariant(BusValues.ToVariant(change.Value));
            return writer.CreateMessage();
        }
    }
}
