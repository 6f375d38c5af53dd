using Mandos.Bus;
using Mandos.Ctl.Servers.DBus;
using Mandos.Ctl.Servers.Web;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Servers.Locating;

/// <summary>Where the server is: on the system bus, or at the socket of its web API.</summary>
/// <param name="socket">Path of the socket that somebody named; null: none, so the bus comes first.</param>
/// <param name="trace">Gets a line for each call, never with a secret.</param>
internal sealed class ServerLocation(string? socket, Action<string>? trace)
{
    /// <summary>Whether a server that is not on the bus may be at the usual socket. Somebody who names another bus means that one.</summary>
    public bool MayBeAtSocket => IsUsualPlace && File.Exists(SocketConnection.UsualPath);

    private bool IsUsualPlace => socket is null && Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is null or "";

    /// <summary>Connects to the server; if it is neither here nor there, to the bus, where it may appear.</summary>
    public async Task<IServerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (socket is not null)
        {
            return await ConnectToSocketAsync(cancellationToken).ConfigureAwait(false);
        }

        bool hasSocket = MayBeAtSocket;
        BusServerConnection? bus = null;
        string problem = "no Mandos server on the system bus";
        try
        {
            bus = await BusServerConnection.ConnectAsync(BusAddress.System, Trace("D-Bus"), cancellationToken).ConfigureAwait(false);
            if (!hasSocket || await bus.IsServerThereAsync(cancellationToken).ConfigureAwait(false))
            {
                return bus;
            }
        }
        catch (ServerException e) when (hasSocket)
        {
            problem = e.Message;
        }
        catch (ServerException e) when (IsUsualPlace)
        {
            throw new ServerException($"{e.Message}; where there is no D-Bus, --socket names the socket of the server's web API, and there is none at {SocketConnection.UsualPath}");
        }

        if (bus is not null)
        {
            await bus.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            return await ConnectToSocketAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ServerException e)
        {
            throw new ServerException($"{problem}; {e.Message}");
        }
    }

    /// <summary>Connects to the socket.</summary>
    public Task<SocketConnection> ConnectToSocketAsync(CancellationToken cancellationToken)
        => SocketConnection.ConnectAsync(socket ?? SocketConnection.UsualPath, Trace("HTTP"), cancellationToken);

    private Action<string>? Trace(string way) => trace is null ? null : line => trace($"{way}: {SafeText.From(line)}");
}
