using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>The objects below <c>/clients</c>, and those that are not there.</summary>
internal sealed class ClientObject
{
    private static readonly string[] _interfaces = [Names.Client, Names.OldClient];
    private static readonly string[] _extensions = [Names.ClientExtension];
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
    public ClientObject(IMandosServer server, ClientTable clients, Callers callers, CancellationToken ended)
    {
        (_server, _clients, _callers, _ended) = (server, clients, callers, ended);
        _methods = new MethodTable(new Dictionary<string, Method>
        {
            ["Introspect"] = new([Names.Introspectable], [""], context => new Call(context, () => Introspect(context))),
            ["Get"] = new(_properties, ["ss"], ReadGet),
            ["Set"] = new(_properties, ["ssv"], ReadSet),
            ["GetAll"] = new(_properties, ["s"], ReadGetAll),
            ["Approve"] = new(_interfaces, ["b", "v"], ReadApprove),
            ["ExpectReboot"] = new(_extensions, ["tsb"], ReadExpectReboot),
            ["Rehearse"] = new(_extensions, ["t"], ReadRehearse),
            ["Promote"] = new(_extensions, [""], context => Command(context, (server, client, source, token) => server.PromoteAsync(client, source, token))),
            ["CheckedOK"] = Plain((server, client, source, token) => server.MarkCheckedOkAsync(client, source, token)),
            ["Enable"] = Plain((server, client, source, token) => server.EnableAsync(client, source, token)),
            ["Disable"] = Plain((server, client, source, token) => server.DisableAsync(client, source, token)),
            ["StartChecker"] = Plain((server, client, source, token) => server.StartCheckerAsync(client, source, token)),
            ["StopChecker"] = Plain((server, client, source, token) => server.StopCheckerAsync(client, source, token)),
        });
    }

    /// <inheritdoc cref="MethodTable.Read"/>
    public Call Read(BusCall context)
    {
        try
        {
            return _methods.Read(context);
        }
        catch (CallException e)
        {
            // An object that is not there has no methods at all, and whether it is there shows when it is the call's turn.
            return new Call(context, () =>
            {
                Find(context.Path);
                throw e;
            });
        }
    }

    private static ClientPropertyInfo FindProperty(string interfaceName, string name)
    {
        if (interfaceName is not (Names.Client or Names.OldClient or Names.ClientExtension))
        {
            throw new CallException(
                BusErrors.UnknownInterface, $"a client has no interface “{interfaceName}” with properties; it has {Names.Client} and {Names.ClientExtension}");
        }

        return ClientProperties.Find(interfaceName, name)
            ?? throw new CallException(BusErrors.UnknownProperty, $"{interfaceName} has no property “{name}”");
    }

    /// <exception cref="CallException">There is no such client.</exception>
    private ClientSnapshot Find(string path)
        => _clients.TryGet(path, out ClientSnapshot? client) ? client : throw CallException.UnknownObject(path);

    private Task? Introspect(BusCall context) => Introspection.Reply(
        context, _clients.TryGet(context.Path, out _) ? Introspection.Client(context.Path) : Introspection.Node([]));

    private Call ReadGet(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string interfaceName = reader.ReadString();
        string name = reader.ReadString();
        return new Call(context, () =>
        {
            ClientSnapshot client = Find(context.Path);
            PropertyWriter write = FindProperty(interfaceName, name).Write
                ?? throw new CallException(BusErrors.AccessDenied, $"the property {name} cannot be read");
            context.Reply("v", (ref writer) => write(ref writer, context.Path, client));
            return null;
        });
    }

    private Call ReadGetAll(BusCall context)
    {
        string interfaceName = context.Request.GetBodyReader().ReadString();
        return new Call(context, () =>
        {
            ClientSnapshot client = Find(context.Path);
            context.Reply("a{sv}", (ref writer) =>
            {
                switch (interfaceName)
                {
                    case "" or Names.Client or Names.OldClient:
                        ClientWriter.WriteProperties(ref writer, context.Path, client);
                        break;
                    case Names.ClientExtension:
                        ClientWriter.WriteExtensions(ref writer, context.Path, client);
                        break;
                    default:
                        writer.WriteDictionaryEnd(writer.WriteDictionaryStart());
                        break;
                }
            });
            return null;
        });
    }

    private Call ReadSet(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        string interfaceName = reader.ReadString();
        ClientPropertyInfo property = FindProperty(interfaceName, reader.ReadString());
        PropertySetter set = property.Set
            ?? throw new CallException(BusErrors.PropertyReadOnly, $"the property {property.Name} cannot be set");
        VariantValue value = reader.ReadVariantValue();
        int size = Values.SizeOf(value);
        if (property.Change == ClientProperty.Secret)
        {
            context.SecretLength = size;
            context.Secret = Values.BytesIn(value);
        }

        return Command(context, set(value)) with { Size = size };
    }

    private Call ReadApprove(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        bool approve = context.Signature == "b"
            ? reader.ReadBool()
            : Values.RequireBoolean(reader.ReadVariantValue(), "Approve's argument");
        return Command(context, (server, client, source, token) => server.ApproveAsync(client, approve, source, token));
    }

    private Call ReadExpectReboot(BusCall context)
    {
        Reader reader = context.Request.GetBodyReader();
        TimeSpan time = Values.ToDuration(reader.ReadUInt64(), context.Member!);
        RebootPlan plan = Values.ToReboot(time, reader.ReadString(), reader.ReadBool());
        return Command(context, (server, client, source, token) => server.ExpectRebootAsync(client, plan, source, token)) with
        {
            Size = (plan.Reason?.Length ?? 0) * sizeof(char),
        };
    }

    private Call ReadRehearse(BusCall context)
    {
        TimeSpan valid = Values.ToDuration(context.Request.GetBodyReader().ReadUInt64(), context.Member!);
        return Command(context, (server, client, source, token) => server.RehearseAsync(client, valid, source, token));
    }

    private Method Plain(ClientCommand command)
        => new(_interfaces, [""], context => Command(context, command));

    private Call Command(BusCall context, ClientCommand command)
        => new(context, () => _callers.CarryOutAsync(context, context.Path, (client, source) => command(_server, client, source, _ended)));
}
