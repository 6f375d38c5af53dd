using Mandos.Abstractions.Clients;
using Mandos.Bus;
using Mandos.Ctl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>A Mandos server on the system bus, Debian's or this one.</summary>
internal sealed partial class BusServerConnection : IServerConnection
{
    private readonly BusConnection _connection;
    private readonly string _address;
    private readonly Action<string>? _trace;

    private BusServerConnection(BusConnection connection, string address, Action<string>? trace)
        => (_connection, _address, _trace) = (connection, address, trace);

    /// <inheritdoc/>
    public string Place => "the system bus";

    /// <summary>Connects to a bus; whether there is a server shows the first call.</summary>
    /// <param name="address">The bus's address.</param>
    /// <param name="trace">Gets a line for each call, never with a secret.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="time">The clock for the limits of calls; null: the system's.</param>
    public static async Task<BusServerConnection> ConnectAsync(
        string address, Action<string>? trace, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        var connection = new BusConnection(new BusOptions(address) { Name = "mandos-ctl", TimeProvider = time ?? TimeProvider.System });
        try
        {
            await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return new BusServerConnection(connection, address, trace);
        }
        catch (DBusExceptionBase e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new ServerException($"cannot connect to the system bus: {SafeText.From(e.Message)}");
        }
    }

    /// <inheritdoc/>
    public async Task<IServerConnection> ConnectAnotherAsync(CancellationToken cancellationToken)
        => await ConnectAsync(_address, _trace, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task DisconnectedAsync() => _connection.DisconnectedAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <inheritdoc/>
    public async Task<bool> IsServerThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            string owner = await _connection.GetNameOwnerAsync(ServerNames.Service, cancellationToken).ConfigureAwait(false) ?? "";
            // A signal that came meanwhile is newer.
            return (Interlocked.CompareExchange(ref _owner, owner, null) ?? owner).Length > 0;
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> FindStateProblemAsync(CancellationToken cancellationToken)
    {
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Properties, "Get", "ss");
        writer.WriteString(ServerNames.Extension);
        writer.WriteString("StateProblem");
        try
        {
            string problem = await _connection.CallAsync(
                writer.CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, "v");
                    return reader.ReadVariantValue().GetString();
                },
                cancellationToken).ConfigureAwait(false);
            return problem.Length == 0 ? null : SafeText.From(problem);
        }
        catch (DBusExceptionBase)
        {
            return null; // Debian's server, or an older one
        }
    }

    /// <inheritdoc/>
    public Task EnableAsync(Client client, bool enable, CancellationToken cancellationToken)
        => SetAsync(client, "Enabled", enable, cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(Client client, bool start, CancellationToken cancellationToken)
        => SetAsync(client, "CheckerRunning", start, cancellationToken);

    /// <inheritdoc/>
    public Task ChangeAsync(Client client, ClientSetting setting, object value, CancellationToken cancellationToken)
        => SetAsync(client, setting.Name, BusValues.ToVariant(value), cancellationToken, setting.Interface());

    /// <inheritdoc/>
    public Task SetSecretAsync(Client client, byte[] secret, CancellationToken cancellationToken)
        => SetAsync(client, "Secret", VariantValue.Array(secret), cancellationToken);

    /// <inheritdoc/>
    public Task ApproveAsync(Client client, bool approve, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Client}.Approve({approve})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.Client, "Approve", "b");
        writer.WriteBool(approve);
        return CallAsync(writer.CreateMessage(), client, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Request>?> FindRequestsAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetRequests()");
        try
        {
            return await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Extension, "GetRequests", null).CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, BusValues.RequestsSignature);
                    return BusValues.ReadRequests(ref reader);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            return null;
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task DecideAsync(ulong requestId, bool approve, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.DecideRequest({requestId}, {approve})");
        try
        {
            await _connection.CallAsync(Message(), cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName is BusErrors.UnknownMethod or BusErrors.UnknownInterface)
        {
            throw ServerException.NoRequests;
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }

        MessageBuffer Message()
        {
            MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "DecideRequest", "tb");
            writer.WriteUInt64(requestId);
            writer.WriteBool(approve);
            return writer.CreateMessage();
        }
    }

    /// <inheritdoc/>
    public Task CheckedOkAsync(Client client, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Client}.CheckedOK()");
        return CallAsync(BeginCall(client.Path, ServerNames.Client, "CheckedOK", null).CreateMessage(), client, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(Client client, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Service}.RemoveClient({client.Path})");
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Service, "RemoveClient", "o");
        writer.WriteObjectPath(client.Path);
        return CallAsync(writer.CreateMessage(), client, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KeptClient>> GetKeptAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetKeptClients()");
        try
        {
            return await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Extension, "GetKeptClients", null).CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, "a(sssss)");
                    List<KeptClient> kept = [];
                    ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
                    while (reader.HasNext(end))
                    {
                        reader.AlignStruct();
                        kept.Add(new KeptClient(
                            reader.ReadString(), reader.ReadString(), reader.ReadString(), SafeText.From(reader.ReadString()),
                            SafeText.From(reader.ReadString())));
                    }

                    return kept;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetUnknownKeys()");
        try
        {
            return await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Extension, "GetUnknownKeys", null).CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, "a(sstss)");
                    List<UnknownKey> keys = [];
                    ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
                    while (reader.HasNext(end))
                    {
                        reader.AlignStruct();
                        keys.Add(new UnknownKey(reader.ReadString(), reader.ReadString(), reader.ReadUInt64(), reader.ReadString(), reader.ReadString()));
                    }

                    return keys;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            throw new ServerException("this server keeps no list of unknown keys: it is Debian's, or an older one; its log has them");
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.ForgetClient({name})");
        try
        {
            MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "ForgetClient", "s");
            writer.WriteString(name);
            await _connection.CallAsync(writer.CreateMessage(), cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.Reload()");
        try
        {
            await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Extension, "Reload", null).CreateMessage(), cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (IsUnknown(e))
        {
            throw new ServerException("this server reads its files when it starts alone: it is Debian's, or an older one");
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    private static bool IsUnknown(DBusErrorReplyException e)
        => e.ErrorName is BusErrors.UnknownObject or BusErrors.UnknownMethod or BusErrors.UnknownInterface;

    private static ServerException Explain(DBusExceptionBase error, Client? client = null)
    {
        string about = client is null ? "" : $"client {SafeText.From(client.Name)}: ";
        return new(error switch
        {
            DBusErrorReplyException { ErrorName: BusErrors.ServiceUnknown or BusErrors.NameHasNoOwner }
                => $"no Mandos server on the system bus (nobody has the name {ServerNames.Service})",
            DBusErrorReplyException { ErrorName: BusErrors.AccessDenied }
                => $"{about}no permission to use the Mandos server; root and members of the group _mandos have it",
            DBusErrorReplyException { ErrorName: BusErrors.NoReply } => $"{about}the Mandos server does not answer",
            DBusErrorReplyException { ErrorName: BusErrors.UnknownObject or BusErrors.UnknownMethod } when client is not null
                => $"{about}is not on the server any more",
            DBusErrorReplyException { ErrorName: ServerNames.ConflictingRequestsError } reply
                => $"{SafeText.From(reply.ErrorMessage.Trim())}; mandos-ctl --requests lists them",
            DBusErrorReplyException reply when reply.ErrorMessage.Length > 0
                => $"{about}the server says: {SafeText.From(reply.ErrorMessage.ReplaceLineEndings(" ").Trim())}",
            DBusConnectionClosedException => "the connection to the system bus is lost",
            DBusReadException => $"{about}the server's answer is not one of a Mandos server: {SafeText.From(error.Message)}",
            _ => about + SafeText.From(error.Message),
        })
        {
            IsNotSaved = error is DBusErrorReplyException { ErrorName: ServerNames.NotSaved },
        };
    }

    private static Reader Body(Message message, string signature)
        => message.SignatureAsString == signature
            ? message.GetBodyReader()
            : throw new DBusReadException($"its type is \"{message.SignatureAsString}\", not \"{signature}\"");

    private Task SetAsync(
        Client client, string property, VariantValue value, CancellationToken cancellationToken, string interfaceName = ServerNames.Client)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Properties}.Set({interfaceName}, {property}, "
            + $"{(property == "Secret" ? $"{value.Count} bytes" : value)})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.Properties, "Set", "ssv");
        writer.WriteString(interfaceName);
        writer.WriteString(property);
        writer.WriteVariant(value);
        return CallAsync(writer.CreateMessage(), client, cancellationToken);
    }

    private MessageWriter BeginCall(string path, string interfaceName, string member, string? signature)
    {
        MessageWriter writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(ServerNames.Service, path, interfaceName, member, signature);
        return writer;
    }

    private async Task CallAsync(MessageBuffer message, Client client, CancellationToken cancellationToken)
    {
        try
        {
            await _connection.CallAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e, client);
        }
    }
}
