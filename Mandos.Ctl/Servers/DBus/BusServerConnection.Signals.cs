using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>What the server signals.</summary>
internal sealed partial class BusServerConnection
{
    private static readonly Client _any = new("/");

    /// <summary>Who owns the server's name, as the bus says; empty: nobody; null: not known yet.</summary>
    private string? _owner;

    /// <inheritdoc/>
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
                message =>
                {
                    Reader reader = message.GetBodyReader();
                    reader.ReadString();
                    reader.ReadString();
                    string owner = reader.ReadString();
                    Volatile.Write(ref _owner, owner);
                    handler(new ServerSignal.OwnerChanged(owner.Length > 0));
                },
                cancellationToken).ConfigureAwait(false);
            await _connection.AddMatchAsync(
                new MatchRule { Type = MessageType.Signal, Sender = ServerNames.Service },
                message =>
                {
                    // Everybody on the bus may send us signals; with the sender in the rule, only those of the name's owner arrive here.
                    foreach (ServerSignal signal in Read(message))
                    {
                        handler(signal);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    private static List<ServerSignal> Read(Message message)
    {
        string path = message.PathAsString ?? "";
        Reader reader = message.GetBodyReader();
        switch (message.InterfaceAsString, message.MemberAsString, message.SignatureAsString)
        {
            case (ServerNames.ObjectManager, "InterfacesAdded", "oa{sa{sv}}"):
                return ReadInterfaces(reader.ReadObjectPathAsString(), ref reader) is { } client ? [new ServerSignal.ClientAdded(client)] : [];
            case (ServerNames.ObjectManager, "InterfacesRemoved", "oas"):
                string removed = reader.ReadObjectPathAsString();
                return reader.ReadArrayOfString().Contains(ServerNames.Client) ? [new ServerSignal.ClientRemoved(removed)] : [];
            case (ServerNames.Properties, "PropertiesChanged", "sa{sv}as"):
                return reader.ReadString() is ServerNames.Client or ServerNames.ClientExtension ? ReadChanges(path, ref reader) : [];
            case (ServerNames.Client, "CheckerStarted", "s"):
                return [new ServerSignal.CheckerStarted(path, reader.ReadString())];
            case (ServerNames.Client, "CheckerCompleted", "nxs"):
                int exitCode = reader.ReadInt16();
                reader.ReadInt64(); // the same, as wait(2) has it
                return [new ServerSignal.CheckerCompleted(path, exitCode, reader.ReadString())];
            case (ServerNames.Client, "GotSecret", ""):
                return [new ServerSignal.GotSecret(path)];
            case (ServerNames.Client, "NeedApproval", "tb"):
                return [new ServerSignal.NeedApproval(path, reader.ReadUInt64(), reader.ReadBool())];
            case (ServerNames.Extension, "RequestsChanged", "o" + BusValues.RequestsSignature):
                return [new ServerSignal.RequestsChanged(reader.ReadObjectPathAsString(), BusValues.ReadRequests(ref reader))];
            case (ServerNames.Extension, "ConflictingRequests", "oas"):
                return [new ServerSignal.ConflictingRequests(reader.ReadObjectPathAsString(), reader.ReadArrayOfString())];
            case (ServerNames.Extension, "AnomalyNoticed", "osss"):
                string noticed = reader.ReadObjectPathAsString();
                string address = reader.ReadString();
                reader.ReadString();
                return [new ServerSignal.AnomalyNoticed(noticed, address, reader.ReadString())];
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
            object value = BusValues.ToObject(reader.ReadVariantValue());
            _any.With(property, value); // has to fit
            changes.Add(new ServerSignal.PropertyChanged(path, property, value));
        }

        return changes;
    }
}
