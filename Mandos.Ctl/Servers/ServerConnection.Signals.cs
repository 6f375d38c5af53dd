using Mandos.DBus;

namespace Mandos.Ctl.Servers;

/// <summary>What the server signals.</summary>
internal sealed partial class ServerConnection
{
    private static readonly Client _any = new("/");

    /// <summary>Who owns the server's name, as the bus says; empty: nobody; null: not known yet.</summary>
    private string? _owner;

    /// <summary>
    /// Hands over all that happens at the server from now on, on the connection's thread, which must not be blocked. Then ask
    /// <see cref="IsServerThereAsync"/>, for only who owns the server's name is listened to, and list the clients; a signal may be about a
    /// client as it is already, or that is gone.
    /// </summary>
    public async Task WatchAsync(Action<ServerSignal> handler, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.AddMatchAsync(
                new MatchRule
                {
                    Type = MessageType.Signal,
                    Sender = ServerNames.Bus,
                    Interface = ServerNames.Bus,
                    Member = "NameOwnerChanged",
                    Arg0 = ServerNames.Service,
                },
                (message, _) =>
                {
                    Reader reader = message.GetBodyReader();
                    reader.ReadString();
                    reader.ReadString();
                    string owner = reader.ReadString();
                    Volatile.Write(ref _owner, owner);
                    handler(new ServerSignal.OwnerChanged(owner.Length > 0));
                },
                null,
                cancellationToken).ConfigureAwait(false);
            await _connection.AddMatchAsync(
                new MatchRule { Type = MessageType.Signal, Sender = ServerNames.Service },
                (message, _) =>
                {
                    // Everybody on the bus may send us signals, and the bus applies no rule to them.
                    foreach (ServerSignal signal in message.Sender == Volatile.Read(ref _owner) ? Read(message) : [])
                    {
                        handler(signal);
                    }
                },
                null,
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusException e)
        {
            throw Explain(e);
        }
    }

    private static List<ServerSignal> Read(Message message)
    {
        string path = message.Path ?? "";
        Reader reader = message.GetBodyReader();
        switch (message.Interface, message.Member, message.Signature)
        {
            case (ServerNames.ObjectManager, "InterfacesAdded", "oa{sa{sv}}"):
                return ReadInterfaces(reader.ReadObjectPath(), ref reader) is { } client ? [new ServerSignal.ClientAdded(client)] : [];
            case (ServerNames.ObjectManager, "InterfacesRemoved", "oas"):
                string removed = reader.ReadObjectPath();
                return reader.ReadArrayOfString().Contains(ServerNames.Client) ? [new ServerSignal.ClientRemoved(removed)] : [];
            case (ServerNames.Properties, "PropertiesChanged", "sa{sv}as"):
                return reader.ReadString() is ServerNames.Client or ServerNames.ClientExtension ? ReadChanges(path, ref reader) : [];
            case (ServerNames.Client, "CheckerStarted", "s"):
                return [new ServerSignal.CheckerStarted(path, reader.ReadString())];
            case (ServerNames.Client, "CheckerCompleted", "nxs"):
                return [new ServerSignal.CheckerCompleted(path, reader.ReadInt16(), reader.ReadInt64(), reader.ReadString())];
            case (ServerNames.Client, "GotSecret", ""):
                return [new ServerSignal.GotSecret(path)];
            case (ServerNames.Client, "NeedApproval", "tb"):
                return [new ServerSignal.NeedApproval(path, reader.ReadUInt64(), reader.ReadBool())];
            case (ServerNames.Extension, "RequestsChanged", "o" + Request.ArraySignature):
                return [new ServerSignal.RequestsChanged(reader.ReadObjectPath(), Request.ReadAll(ref reader))];
            case (ServerNames.Extension, "ConflictingRequests", "oas"):
                return [new ServerSignal.ConflictingRequests(reader.ReadObjectPath(), reader.ReadArrayOfString())];
            case (ServerNames.Client, "Rejected", "s"):
                return [new ServerSignal.Rejected(path, reader.ReadString())];
            case (ServerNames.Service, "ClientNotFound", "ss"):
                return [new ServerSignal.ClientNotFound(reader.ReadString(), reader.ReadString())];
            default:
                return [];
        }
    }

    private static List<ServerSignal> ReadChanges(string path, ref Reader reader)
    {
        List<ServerSignal> changes = [];
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string property = reader.ReadString();
            VariantValue value = reader.ReadVariantValue();
            _any.With(property, value); // has to fit
            changes.Add(new ServerSignal.PropertyChanged(path, property, value));
        }

        return changes;
    }
}
