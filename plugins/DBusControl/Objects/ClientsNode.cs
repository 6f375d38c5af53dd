using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>The object <c>/clients</c>, which only has the clients below it.</summary>
internal sealed class ClientsNode
{
    private readonly ClientTable _clients;
    private readonly MethodTable _methods;

    public ClientsNode(ClientTable clients)
    {
        _clients = clients;
        _methods = new MethodTable(new Dictionary<string, Method>
        {
            ["Introspect"] = new([Names.Introspectable], [""], context => new Call(context, () => Introspect(context)) { IsLarge = true }),
        });
    }

    /// <inheritdoc cref="MethodTable.Read"/>
    public Call Read(BusCall context) => _methods.Read(context);

    private Task? Introspect(BusCall context)
    {
        ReplySize.Check(_clients.All, ReplySize.OfNode, "look up single objects instead");
        return Introspection.Reply(context, Introspection.Node(_clients.All.Select(client => client.Key[ClientPath.Prefix.Length..])));
    }
}
