using Mandos.Bus;
using Mandos.DBusControl.Calls;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>Takes the calls to all objects: nothing is registered for each client.</summary>
internal sealed class ObjectTree(ServerObject server, ClientsNode clients, ClientObject client, CallQueue calls, Action called)
{
    /// <summary>Takes a call, and answers it in its turn.</summary>
    public void Handle(BusCall context)
    {
        called();
        Call call;
        try
        {
            call = Read(context);
        }
        catch (CallException e)
        {
            call = new Call(context, () => throw e); // in its turn
        }

        calls.Submit(call);
    }

    private Call Read(BusCall context) => context.Path switch
    {
        Names.Root => server.Read(context),
        Names.Clients => clients.Read(context),
        _ => client.Read(context),
    };
}
