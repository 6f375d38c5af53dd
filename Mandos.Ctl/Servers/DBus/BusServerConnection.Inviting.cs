using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>Invites machines, and takes up what they send.</summary>
internal sealed partial class BusServerConnection
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<Invitation>> GetInvitationsAsync(CancellationToken cancellationToken)
        => InvitationCallAsync(
            "GetInvitations", "", BeginCall(ServerNames.Root, ServerNames.Extension, "GetInvitations", null).CreateMessage(), ReadAll,
            cancellationToken);

    /// <inheritdoc/>
    public Task<NewInvitation> InviteAsync(string name, ulong milliseconds, CancellationToken cancellationToken)
    {
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "Invite", "st");
        writer.WriteString(name);
        writer.WriteUInt64(milliseconds);
        return InvitationCallAsync(
            "Invite", $"{name}, {milliseconds}", writer.CreateMessage(),
            static message =>
            {
                Reader reader = Body(message, "ssass");
                return new NewInvitation(reader.ReadString(), reader.ReadString(), reader.ReadArrayOfString(), reader.ReadString());
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]> GetInvitedSectionAsync(string name, CancellationToken cancellationToken)
    {
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "GetInvitedSection", "s");
        writer.WriteString(name);
        return InvitationCallAsync("GetInvitedSection", name, writer.CreateMessage(), static message => Body(message, "ay").ReadArrayOfByte(), cancellationToken);
    }

    /// <inheritdoc/>
    public Task EndInvitationAsync(string name, bool accepted, CancellationToken cancellationToken)
    {
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "EndInvitation", "sb");
        writer.WriteString(name);
        writer.WriteBool(accepted);
        return InvitationCallAsync("EndInvitation", $"{name}, {accepted}", writer.CreateMessage(), static _ => true, cancellationToken);
    }

    private static IReadOnlyList<Invitation> ReadAll(Message message)
    {
        Reader reader = Body(message, "a(ssssss)");
        List<Invitation> all = [];
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            all.Add(new Invitation(
                reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString()));
        }

        return all;
    }

    private async Task<T> InvitationCallAsync<T>(
        string method, string shown, MessageBuffer call, Func<Message, T> read, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.{method}({shown})");
        try
        {
            return await _connection.CallAsync(call, read, cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            throw ServerException.NoInvitations;
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }
}
