using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Limits;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>The object <c>/</c>.</summary>
internal sealed class ServerObject
{
    private const string Instead = $"read single clients with {Names.Properties}.GetAll instead";

    private static readonly string[] _interfaces = [Names.Server, Names.OldServer];
    private static readonly string[] _properties = [Names.Properties];

    private readonly IMandosServer _server;
    private readonly ClientTable _clients;
    private readonly Callers _callers;
    private readonly CancellationToken _ended;
    private readonly MethodTable _methods;

    /// <param name="server">Carries out commands.</param>
    /// <param name="clients">The clients.</param>
    /// <param name="callers">Tells who gives commands.</param>
    /// <param name="ended">Gives up waiting for commands.</param>
    public ServerObject(IMandosServer server, ClientTable clients, Callers callers, CancellationToken ended)
    {
        (_server, _clients, _callers, _ended) = (server, clients, callers, ended);
        var invitations = new InvitationCalls(server, callers, ended);
        _methods = new MethodTable(new Dictionary<string, Method>
        {
            ["Introspect"] = Read([Names.Introspectable], Introspect),
            ["GetManagedObjects"] = OfAll([Names.ObjectManager], "a{oa{sa{sv}}}", ReplySize.OfManagedObject, ClientWriter.WriteInterfaces),
            ["GetAllClients"] = Read(_interfaces, GetAllClients),
            ["GetAllClientsWithProperties"] = OfAll(_interfaces, "a{oa{sv}}", ReplySize.OfProperties, ClientWriter.WriteProperties),
            ["RemoveClient"] = new(_interfaces, ["o", "s"], ReadRemoveClient),
            ["Get"] = new(_properties, ["ss"], ReadGet),
            ["Set"] = new(_properties, ["ssv"], ReadSet),
            ["GetAll"] = new(_properties, ["s"], ReadGetAll),
            ["GetClients"] = new([Names.ServerExtension], ["tu"], ReadGetClients),
            ["ChangeClients"] = new([Names.ServerExtension], ["aosv"], new ManyClients(server, clients, callers, ended).Read),
            ["GetRequests"] = Read([Names.ServerExtension], GetRequests),
            ["DecideRequest"] = new([Names.ServerExtension], ["tb"], ReadDecideRequest),
            ["GetKeptClients"] = new([Names.ServerExtension], [""], ReadGetKeptClients),
            ["GetUnknownKeys"] = new([Names.ServerExtension], [""], ReadGetUnknownKeys),
            ["ForgetClient"] = new([Names.ServerExtension], ["s"], ReadForgetClient),
            ["ExamineClients"] = new([Names.ServerExtension], ["ay"], ReadExamineClients),
            ["GetInvitations"] = new([Names.ServerExtension], [""], invitations.ReadList),
            ["Invite"] = new([Names.ServerExtension], ["st"], invitations.ReadInvite),
            ["GetInvitedSection"] = new([Names.ServerExtension], ["s"], invitations.ReadSection),
            ["EndInvitation"] = new([Names.ServerExtension], ["sb"], invitations.ReadEnd),
            ["GetServers"] = new([Names.ServerExtension], [""], ReadGetServers),
            ["Reload"] = new([Names.ServerExtension], [""], context => Command(context, source => _server.ReloadAsync(source, _ended))),
        });
    }

    /// <inheritdoc cref="MethodTable.Read"/>
    public Call Read(BusCall context) => _methods.Read(context);

    private Call Command(BusCall context, Func<CommandSource, Task<CommandResult>> command)
        => new(context, () => _callers.CarryOutAsync(context, command));

    /// <summary>A method whose answer is about all clients.</summary>
    private static Method Read(IReadOnlyList<string> interfaces, Action<BusCall> answer)
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
                BusErrors.UnknownInterface,
                $"the server has no interface “{interfaceName}” with properties; it has {Names.ServerExtension}");
        }

        return ServerPropertyInfo.All.FirstOrDefault(property => property.Name == name)
            ?? throw new CallException(BusErrors.UnknownProperty, $"{interfaceName} has no property “{name}”");
    }

    private void Introspect(BusCall context) => Introspection.Reply(context, Introspection.Server(_clients.Count > 0));

    private void GetAllClients(BusCall context)
    {
        ReplySize.Check(_clients.All, ReplySize.OfPath, "there is no other list");
        context.Reply("ao", (ref writer) =>
        {
            ArrayStart paths = writer.WriteArrayStart(DBusType.ObjectPath);
            foreach ((string path, _) in _clients.All)
            {
                writer.WriteObjectPath(path);
            }

            writer.WriteArrayEnd(paths);
        });
    }

    /// <summary>
    /// A method whose answer has an entry for each client, by its path. For many clients that takes a while to write, during which others
    /// are served.
    /// </summary>
    private Method OfAll(IReadOnlyList<string> interfaces, string signature, Func<string, ClientSnapshot, int> size, PropertyWriter write)
        => new(interfaces, [""], context => new Call(context, () =>
        {
            KeyValuePair<string, ClientSnapshot>[] all = [.. _clients.All];
            return Task.Run(() =>
            {
                ReplySize.Check(all, size, Instead);
                context.Reply(signature, (ref writer) =>
                {
                    ArrayStart clients = writer.WriteDictionaryStart();
                    foreach ((string path, ClientSnapshot client) in all)
                    {
                        writer.WriteDictionaryEntryStart();
                        writer.WriteObjectPath(path);
                        write(ref writer, path, client);
                    }

                    writer.WriteDictionaryEnd(clients);
                });
            });
        })
        {
            IsLarge = true,
            HoldsEvents = true,
        });

    private Call ReadGetClients(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        ulong after = reader.ReadUInt64();
        uint count = reader.ReadUInt32();
        return new Call(context, () =>
        {
            context.Reply("a{oa{sv}}t", (ref writer) => WritePage(ref writer, after, count));
            return null;
        })
        {
            IsLarge = true,
        };
    }

    /// <summary>Writes some clients and the number of the last one, from which to go on.</summary>
    private void WritePage(ref MessageWriter writer, ulong after, uint count)
    {
        ArrayStart clients = writer.WriteDictionaryStart();
        long size = 0;
        foreach ((ulong number, string path, ClientSnapshot client) in _clients.After(after))
        {
            // One client at least, however large.
            bool isFull = size > 0 && size + ReplySize.OfAll(path, client) > DBusLimits.PageBytes;
            if (isFull || count-- == 0)
            {
                break;
            }

            size += ReplySize.OfAll(path, client);

            writer.WriteDictionaryEntryStart();
            writer.WriteObjectPath(path);
            ClientWriter.WriteAll(ref writer, path, client);
            after = number;
        }

        writer.WriteDictionaryEnd(clients);
        writer.WriteUInt64(after);
    }

    /// <summary>Replies with the requests that wait, those of the client that has waited longest first.</summary>
    private void GetRequests(BusCall context)
    {
        ReplySize.Check(_clients.Waiting, ReplySize.OfRequests, "approve or deny some clients");
        context.Reply("a" + RequestWriter.Signature, (ref writer) =>
        {
            ArrayStart requests = writer.WriteArrayStart(DBusType.Struct);
            foreach ((string path, ClientSnapshot client) in _clients.Waiting.OrderBy(static client => client.Value.Requests[0].Id))
            {
                RequestWriter.Write(ref writer, path, client);
            }

            writer.WriteArrayEnd(requests);
        });
    }

    private Call ReadDecideRequest(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        ulong id = reader.ReadUInt64();
        bool approve = reader.ReadBool();
        return Command(context, source => _server.DecideAsync((long)Math.Min(id, long.MaxValue), approve, source, _ended));
    }

    private Call ReadGetKeptClients(BusCall context)
    {
        IReadOnlyList<KeptClient> kept = [];
        return new Call(context, GetAsync)
        {
            Reply = () => context.Reply("a(sssss)", (ref writer) => WriteKept(ref writer, kept)),
            IsLarge = true,
        };

        async Task GetAsync()
        {
            kept = await _server.GetKeptClientsAsync(_ended).ConfigureAwait(false);
            ReplySize.Check(kept);
        }
    }

    private static void WriteKept(ref MessageWriter writer, IReadOnlyList<KeptClient> kept)
    {
        Span<byte> left = stackalloc byte[TimeText.MaxLength];
        ArrayStart clients = writer.WriteArrayStart(DBusType.Struct);
        foreach (KeptClient client in kept)
        {
            writer.WriteStructureStart();
            writer.WriteString(SafeText.Of(client.Name));
            writer.WriteString(client.KeyId ?? "");
            writer.WriteString(client.Fingerprint ?? "");
            writer.WriteString(client switch
            {
                { Origin: ClientOrigin.Command } => "unreadable",
                { State: KeptState.Removed } => "removed",
                { State: KeptState.Disabled } => "disabled",
                _ => "enabled",
            });
            writer.WriteString(Encoding.ASCII.GetString(left[..TimeText.Format(client.LeftAt, left)]));
        }

        writer.WriteArrayEnd(clients);
    }

    private Call ReadGetUnknownKeys(BusCall context)
    {
        IReadOnlyList<UnknownKey> keys = [];
        return new Call(context, async () => keys = await _server.GetUnknownKeysAsync(_ended).ConfigureAwait(false))
        {
            Reply = () => context.Reply("a(sstss)", (ref writer) => WriteUnknownKeys(ref writer, keys)),
        };
    }

    private static void WriteUnknownKeys(ref MessageWriter writer, IReadOnlyList<UnknownKey> keys)
    {
        Span<byte> time = stackalloc byte[TimeText.MaxLength];
        ArrayStart array = writer.WriteArrayStart(DBusType.Struct);
        foreach (UnknownKey key in keys)
        {
            writer.WriteStructureStart();
            writer.WriteString(SafeText.Of(key.KeyId));
            writer.WriteString(key.Address.ToString());
            writer.WriteUInt64((ulong)key.Count);
            writer.WriteString(time[..TimeText.Format(key.First, time)]);
            writer.WriteString(time[..TimeText.Format(key.Last, time)]);
        }

        writer.WriteArrayEnd(array);
    }

    private Call ReadGetServers(BusCall context) => new(context, () =>
    {
        ServerGroup group = _server.Info.Group ?? throw new CallException(
            BusErrors.NotSupported, "this server shares its state with no other; mandos-plugins.yaml(5) tells how several do");
        context.Reply($"a{GroupWriter.Signature}tt", (ref writer) => GroupWriter.Write(ref writer, group));
        return null;
    });

    private Call ReadForgetClient(BusCall context)
    {
        string name = context.Request.GetBodyReader().ReadString();
        return Command(context, ForgetAsync);

        async Task<CommandResult> ForgetAsync(CommandSource source)
        {
            try
            {
                return await _server.ForgetAsync(name, source, _ended).ConfigureAwait(false);
            }
            catch (UnknownClientException)
            {
                throw new CallException(BusErrors.UnknownObject, $"nothing is kept under the name “{name}”");
            }
        }
    }

    private Call ReadExamineClients(BusCall context)
    {
        byte[] sections = context.Request.GetBodyReader().ReadArrayOfByte();
        context.SecretLength = sections.Length;
        context.Secret = sections;
        Examination examination = null!;
        return new Call(context, ExamineAsync)
        {
            Size = sections.Length,
            Reply = () => context.Reply(ExaminationWriter.Signature, (ref writer) => ExaminationWriter.Write(ref writer, examination)),
        };

        async Task ExamineAsync()
        {
            try
            {
                examination = await _server.ExamineAsync(sections, _ended).ConfigureAwait(false);
            }
            catch (NotSupportedException e)
            {
                throw new CallException(BusErrors.NotSupported, e.Message);
            }
        }
    }

    private Call ReadRemoveClient(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string path = context.Signature == "o" ? reader.ReadObjectPathAsString() : reader.ReadString();
        return new Call(context, () => _callers.CarryOutAsync(context, path, (client, source) => _server.RemoveAsync(client, source, _ended)));
    }

    private Call ReadGet(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        ServerPropertyInfo property = FindProperty(reader.ReadString(), reader.ReadString());
        return new Call(context, () =>
        {
            context.Reply("v", (ref writer) => property.Write(ref writer, _server.Info, _clients.Count));
            return null;
        });
    }

    private Call ReadGetAll(BusCall context)
    {
        string interfaceName = context.Request.GetBodyReader().ReadString();
        return new Call(context, () =>
        {
            context.Reply("a{sv}", (ref writer) =>
            {
                ArrayStart properties = writer.WriteDictionaryStart();
                foreach (ServerPropertyInfo property in interfaceName is "" or Names.ServerExtension ? ServerPropertyInfo.All : [])
                {
                    writer.WriteDictionaryEntryStart();
                    writer.WriteString(property.Name);
                    property.Write(ref writer, _server.Info, _clients.Count);
                }

                writer.WriteDictionaryEnd(properties);
            });
            return null;
        });
    }

    private static Call ReadSet(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        ServerPropertyInfo property = FindProperty(reader.ReadString(), reader.ReadString());
        throw new CallException(BusErrors.PropertyReadOnly, $"the property {property.Name} cannot be set");
    }
}
