using Mandos.DBus;
using Mandos.DBusControl.Calls;

namespace Mandos.DBusControl.Objects;

/// <summary>Takes the calls to all objects: nothing is registered for each client.</summary>
internal sealed class ObjectTree(ServerObject server, ClientsNode clients, ClientObject client, CallQueue calls, Action called)
    : IPathMethodHandler
{
    /// <inheritdoc/>
    public string Path => Names.Root;

    /// <inheritdoc/>
    public bool HandlesChildPaths => true;

    /// <inheritdoc/>
    public ValueTask HandleMethodAsync(MethodContext context)
    {
        called();
        Call call;
        try
        {
            call = Read(context);
        }
        catch (Exception e) when (e is CallException or DBusReadException)
        {
            call = new Call(context, () => throw e); // in its turn
        }

        calls.Submit(call);
        return ValueTask.CompletedTask;
    }

    private Call Read(MethodContext context) => context.Path switch
    {
        Names.Root => server.Read(context),
        Names.Clients => clients.Read(context),
        _ => client.Read(context),
    };
}
