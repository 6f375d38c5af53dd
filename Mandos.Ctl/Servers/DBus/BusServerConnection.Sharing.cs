using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>The servers with which the server shares its state.</summary>
internal sealed partial class BusServerConnection
{
    /// <inheritdoc/>
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

    /// <inheritdoc/>
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
                Reader reader = Body(message, BusValues.GroupSignature);
                return BusValues.ReadGroup(ref reader);
            },
            cancellationToken);
    }
}
