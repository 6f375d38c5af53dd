using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>The object <c>/</c>.</summary>
internal sealed class ServerObject
{
    private const string Instead = $"read single clients with {Names.Properties}.GetAll instead";

    private static readonly string[] _interfaces = [Names.Server, Names.OldServer];
    private static readonly string[] _properties = [Names.Properties];

    private readonly IMandosServer _server;
    private readonly ClientTable _clients;
    private readonly CancellationToken _ended;
    private readonly MethodTable _methods;

    /// <param name="server">Carries out commands.</param>
    /// <param name="clients">The clients.</param>
    /// <param name="ended">Gives up waiting for commands.</param>
    public ServerObject(IMandosServer server, ClientTable clients, CancellationToken ended)
    {
        (_server, _clients, _ended) = (server, clients, ended);
        _methods = new MethodTable(new Dictionary<string, Method>
        {
            ["Introspect"] = Read([Names.Introspectable], Introspect),
            ["GetManagedObjects"] = Read([Names.ObjectManager], GetManagedObjects),
            ["GetAllClients"] = Read(_interfaces, GetAllClients),
            ["GetAllClientsWithProperties"] = Read(_interfaces, GetAllClientsWithProperties),
            ["RemoveClient"] = new(_interfaces, ["o", "s"], ReadRemoveClient),
            ["Get"] = new(_properties, ["ss"], ReadGet),
            ["Set"] = new(_properties, ["ssv"], ReadSet),
            ["GetAll"] = new(_properties, ["s"], ReadGetAll),
            ["GetClients"] = new([Names.ServerExtension], ["tu"], ReadGetClients),
            ["GetRequests"] = Read([Names.ServerExtension], GetRequests),
            ["DecideRequest"] = new([Names.ServerExtension], ["tb"], ReadDecideRequest),
            ["GetKeptClients"] = new([Names.ServerExtension], [""], ReadGetKeptClients),
            ["ForgetClient"] = new([Names.ServerExtension], ["s"], ReadForgetClient),
            ["Reload"] = new(
                [Names.ServerExtension], [""], context => new Call(context, () => _server.ReloadAsync(_ended))),
        });
    }

    /// <inheritdoc cref="MethodTable.Read"/>
    public Call Read(MethodContext context) => _methods.Read(context);

    /// <summary>A method whose answer is about all clients.</summary>
    private static Method Read(IReadOnlyList<string> interfaces, Action<MethodContext> answer)
        => new(interfaces, [""], context => new Call(context, () =>
        {
            answer(context);
            return null;
        })
        {
            IsLarge = true,
        });

    private static ServerPropertyInfo FindProperty(string interfaceName, string name)
    {
        if (interfaceName != Names.ServerExtension)
        {
            throw new CallException(
                DBusErrors.UnknownInterface,
                $"the server has no interface “{interfaceName}” with properties; it has {Names.ServerExtension}");
        }

        return ServerPropertyInfo.All.FirstOrDefault(property => property.Name == name)
            ?? throw new CallException(DBusErrors.UnknownProperty, $"{interfaceName} has no property “{name}”");
    }

    private void Introspect(MethodContext context) => Introspection.Reply(context, Introspection.Server(_clients.Count > 0));

    private void GetManagedObjects(MethodContext context)
        => ReplyWithAll(context, "a{oa{sa{sv}}}", ReplySize.OfManagedObject, ClientWriter.WriteInterfaces);

    private void GetAllClients(MethodContext context)
    {
        ReplySize.Check(_clients.All, ReplySize.OfPath, "there is no other list");
        using MessageWriter writer = context.CreateReplyWriter("ao");
        ArrayStart paths = writer.WriteArrayStart(DBusType.ObjectPath);
        foreach ((string path, _) in _clients.All)
        {
            writer.WriteObjectPath(path);
        }

        writer.WriteArrayEnd(paths);
        context.Reply(writer.CreateMessage());
    }

    private void GetAllClientsWithProperties(MethodContext context)
        => ReplyWithAll(context, "a{oa{sv}}", ReplySize.OfProperties, ClientWriter.WriteProperties);

    /// <summary>Replies with a dictionary that has an entry for each client, by its path.</summary>
    private void ReplyWithAll(
        MethodContext context, string signature, Func<string, ClientSnapshot, int> size, PropertyWriter write)
    {
        ReplySize.Check(_clients.All, size, Instead);
        using MessageWriter writer = context.CreateReplyWriter(signature);
        ArrayStart clients = writer.WriteDictionaryStart();
        foreach ((string path, ClientSnapshot client) in _clients.All)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath(path);
            write(writer, client);
        }

        writer.WriteDictionaryEnd(clients);
        context.Reply(writer.CreateMessage());
    }

    private Call ReadGetClients(MethodContext context)
    {
        Reader reader = context.Request.GetBodyReader();
        ulong after = reader.ReadUInt64();
        uint count = reader.ReadUInt32();
        return new Call(context, () =>
        {
            GetClients(context, after, count);
            return null;
        })
        {
            IsLarge = true,
        };
    }

    /// <summary>Replies with some clients and the number of the last one, from which to go on.</summary>
    private void GetClients(MethodContext context, ulong after, uint count)
    {
        using MessageWriter writer = context.CreateReplyWriter("a{oa{sv}}t");
        ArrayStart clients = writer.WriteDictionaryStart();
        long size = 0;
        foreach ((ulong number, string path, ClientSnapshot client) in _clients.After(after))
        {
            // One client at least, however large.
            bool isFull = size > 0 && size + ReplySize.OfProperties(path, client) > ReplySize.PageLimit;
            if (isFull || count-- == 0)
            {
                break;
            }

            size += ReplySize.OfProperties(path, client);

            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath(path);
            ClientWriter.WriteProperties(writer, client);
            after = number;
        }

        writer.WriteDictionaryEnd(clients);
        writer.WriteUInt64(after);
        context.Reply(writer.CreateMessage());
    }

    /// <summary>Replies with the requests that wait, those of the client that has waited longest first.</summary>
    private void GetRequests(MethodContext context)
    {
        ReplySize.Check(_clients.Waiting, ReplySize.OfRequests, "approve or deny some clients");
        using MessageWriter writer = context.CreateReplyWriter("a" + RequestWriter.Signature);
        ArrayStart requests = writer.WriteArrayStart(DBusType.Struct);
        foreach ((string path, ClientSnapshot client) in _clients.Waiting.OrderBy(static client => client.Value.Requests[0].Id))
        {
            RequestWriter.Write(writer, path, client);
        }

        writer.WriteArrayEnd(requests);
        context.Reply(writer.CreateMessage());
    }

    private Call ReadDecideRequest(MethodContext context)
    {
        Reader reader = context.Request.GetBodyReader();
        ulong id = reader.ReadUInt64();
        bool approve = reader.ReadBool();
        return new Call(context, () => _server.DecideAsync((long)Math.Min(id, long.MaxValue), approve, _ended));
    }

    private Call ReadGetKeptClients(MethodContext context)
    {
        IReadOnlyList<KeptClient> kept = [];
        return new Call(context, GetAsync) { Reply = () => ReplyWithKept(context, kept), IsLarge = true };

        async Task GetAsync()
        {
            kept = await _server.GetKeptClientsAsync(_ended).ConfigureAwait(false);
            ReplySize.Check(kept);
        }
    }

    private static void ReplyWithKept(MethodContext context, IReadOnlyList<KeptClient> kept)
    {
        Span<byte> left = stackalloc byte[TimeText.MaxLength];
        using MessageWriter writer = context.CreateReplyWriter("a(sssss)");
        ArrayStart clients = writer.WriteArrayStart(DBusType.Struct);
        foreach (KeptClient client in kept)
        {
            writer.WriteStructureStart();
            writer.WriteString(SafeText.Of(client.Name));
            writer.WriteString(client.KeyId ?? "");
            writer.WriteString(client.Fingerprint ?? "");
            writer.WriteString(client.State switch
            {
                KeptState.Removed => "removed",
                KeptState.Disabled => "disabled",
                _ => "enabled",
            });
            writer.WriteString(Encoding.ASCII.GetString(left[..TimeText.Format(client.LeftAt, left)]));
        }

        writer.WriteArrayEnd(clients);
        context.Reply(writer.CreateMessage());
    }

    private Call ReadForgetClient(MethodContext context)
    {
        string name = context.Request.GetBodyReader().ReadString();
        return new Call(context, ForgetAsync);

        async Task ForgetAsync()
        {
            try
            {
                await _server.ForgetAsync(name, _ended).ConfigureAwait(false);
            }
            catch (UnknownClientException)
            {
                throw new CallException(DBusErrors.UnknownObject, $"nothing is kept under the name “{name}”");
            }
        }
    }

    private Call ReadRemoveClient(MethodContext context)
    {
        Reader reader = context.Request.GetBodyReader();
        string path = context.Signature == "o" ? reader.ReadObjectPath() : reader.ReadString();
        return new Call(context, () => _clients.TryGet(path, out ClientSnapshot? client)
            ? _server.RemoveAsync(client.Name, _ended)
            : throw CallException.UnknownObject(path));
    }

    private Call ReadGet(MethodContext context)
    {
        Reader reader = context.Request.GetBodyReader();
        ServerPropertyInfo property = FindProperty(reader.ReadString(), reader.ReadString());
        return new Call(context, () =>
        {
            using MessageWriter writer = context.CreateReplyWriter("v");
            property.Write(writer, _server.Info, _clients.Count);
            context.Reply(writer.CreateMessage());
            return null;
        });
    }

    private Call ReadGetAll(MethodContext context)
    {
        string interfaceName = context.Request.GetBodyReader().ReadString();
        return new Call(context, () =>
        {
            using MessageWriter writer = context.CreateReplyWriter("a{sv}");
            ArrayStart properties = writer.WriteDictionaryStart();
            foreach (ServerPropertyInfo property in interfaceName is "" or Names.ServerExtension ? ServerPropertyInfo.All : [])
            {
                writer.WriteDictionaryEntryStart();
                writer.WriteString(property.Name);
                property.Write(writer, _server.Info, _clients.Count);
            }

            writer.WriteDictionaryEnd(properties);
            context.Reply(writer.CreateMessage());
            return null;
        });
    }

    private static Call ReadSet(MethodContext context)
    {
        Reader reader = context.Request.GetBodyReader();
        ServerPropertyInfo property = FindProperty(reader.ReadString(), reader.ReadString());
        throw new CallException(DBusErrors.PropertyReadOnly, $"the property {property.Name} cannot be set");
    }
}
