using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>Reboots and rehearsals that are to be expected.</summary>
internal sealed partial class BusServerConnection
{
    /// <inheritdoc/>
    public Task ExpectRebootAsync(Client client, RebootPlan plan, CancellationToken cancellationToken)
    {
        _trace?.Invoke(
            $"{client.Path}: {ServerNames.ClientExtension}.ExpectReboot({plan.Milliseconds}, {plan.Reason}, {plan.NeedsNoApproval})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.ClientExtension, "ExpectReboot", "tsb");
        writer.WriteUInt64(plan.Milliseconds);
        writer.WriteString(plan.Reason);
        writer.WriteBool(plan.NeedsNoApproval);
        return CallOwnAsync(writer.CreateMessage(), client, "reboots", cancellationToken);
    }

    /// <inheritdoc/>
    public Task RehearseAsync(Client client, ulong milliseconds, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.ClientExtension}.Rehearse({milliseconds})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.ClientExtension, "Rehearse", "t");
        writer.WriteUInt64(milliseconds);
        return CallOwnAsync(writer.CreateMessage(), client, "rehearsals", cancellationToken);
    }

    /// <inheritdoc/>
    public Task PromoteAsync(Client client, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.ClientExtension}.Promote()");
        MessageWriter writer = BeginCall(client.Path, ServerNames.ClientExtension, "Promote", null);
        return CallOwnAsync(writer.CreateMessage(), client, "next keys", cancellationToken);
    }

    /// <summary>Calls what Debian's server does not have.</summary>
    private async Task CallOwnAsync(MessageBuffer message, Client client, string what, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.CallAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName is BusErrors.UnknownMethod or BusErrors.UnknownInterface)
        {
            throw new ServerException($"this server expects no {what}: it is Debian's, or an older one");
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e, client);
        }
    }
}
