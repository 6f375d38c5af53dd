using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>The servers with which the server shares its state.</summary>
internal sealed partial class ServerConnection
{
    /// <summary>The servers that share their state with this one.</summary>
    public async Task<ServerGroup> GetServersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await CallGetServersAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            throw new ServerException("this server knows of no others: it is Debian's, or an older one");
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <summary>The servers that share their state with this one.</summary>
    /// <returns>Null if there are none, or the server does not tell.</returns>
    public async Task<ServerGroup?> FindServersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await CallGetServersAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase)
        {
            return null;
        }
    }

    private Task<ServerGroup> CallGetServersAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetServers()");
        return _connection.CallAsync(
            BeginCall(ServerNames.Root, ServerNames.Extension, "GetServers", null).CreateMessage(),
            static message =>
            {
                Reader reader = Body(message, SharingServer.GroupSignature);
                return SharingServer.ReadGroup(ref reader);
            },
            cancellationToken);
    }
}
