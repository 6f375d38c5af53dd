using Mandos.Bus;
using Mandos.Ctl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>
/// A Mandos server on the system bus, Debian's or this one. All methods throw <see cref="ServerException"/> with one line for the user.
/// </summary>
internal sealed partial class ServerConnection : IAsyncDisposable
{
    /// <summary>How many clients a server without pages is asked for in one reply: the bus disconnects Debian's at 24,000.</summary>
    private const int MaxClientsInOneReply = 5000;

    /// <summary>How many calls wait for their replies at a time, of many that do not depend on each other; dbus-daemon allows 128.</summary>
    private const int MaxCallsAtATime = 100;

    /// <summary>How many clients are asked for in one page; the server gives as many as it likes.</summary>
    private const uint PageSize = 2000;

    /// <summary>So many clients are ten times what a server is made for; one that gives more never ends.</summary>
    private const int MaxClients = 1_000_000;

    /// <summary>What a server that does not tell of single connections cannot do.</summary>
    public const string NoRequests = "this server does not tell single requests apart; approve or deny the client";

    private readonly BusConnection _connection;
    private readonly Action<string>? _trace;

    private ServerConnection(BusConnection connection, Action<string>? trace) => (_connection, _trace) = (connection, trace);

    /// <summary>Connects to a bus; whether there is a server shows the first call.</summary>
    /// <param name="address">The bus's address.</param>
    /// <param name="trace">Gets a line for each call, never with a secret.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="time">The clock for the limits of calls; null: the system's.</param>
    public static async Task<ServerConnection> ConnectAsync(
        string address, Action<string>? trace, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        var connection = new BusConnection(new BusOptions(address) { Name = "mandos-ctl", TimeProvider = time ?? TimeProvider.System });
        try
        {
            await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return new ServerConnection(connection, trace);
        }
        catch (DBusExceptionBase e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new ServerException($"cannot connect to the system bus: {SafeText.From(e.Message)}");
        }
    }

    /// <summary>Ends when the bus is gone, or after disposal.</summary>
    public Task DisconnectedAsync() => _connection.DisconnectedAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Whether there is a server on the bus.</summary>
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

    /// <summary>All clients with their properties.</summary>
    public async Task<IReadOnlyList<Client>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ListPagesAsync(cancellationToken).ConfigureAwait(false)
                ?? await ListWithoutPagesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <summary>One client.</summary>
    /// <returns>Null if there is none at that path.</returns>
    public async Task<Client?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Client client = await GetAllAsync(new Client(path), ServerNames.Client, cancellationToken).ConfigureAwait(false);
            return await GetAllAsync(client, ServerNames.ClientExtension, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Why the server cannot save its state; null if it can, or does not say.</summary>
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

    /// <summary>Sets a property of a client.</summary>
    public Task SetAsync(
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

    /// <summary>Approves or denies a client that waits.</summary>
    public Task ApproveAsync(Client client, bool approve, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Client}.Approve({approve})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.Client, "Approve", "b");
        writer.WriteBool(approve);
        return CallAsync(writer.CreateMessage(), client, cancellationToken);
    }

    /// <summary>The connections that wait for approval.</summary>
    /// <returns>Null if the server does not tell.</returns>
    public async Task<IReadOnlyList<Request>?> FindRequestsAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetRequests()");
        try
        {
            return await _connection.CallAsync(
                BeginCall(ServerNames.Root, ServerNames.Extension, "GetRequests", null).CreateMessage(),
                static message =>
                {
                    Reader reader = Body(message, Request.ArraySignature);
                    return Request.ReadAll(ref reader);
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

    /// <summary>Approves or denies one connection that waits, and no other.</summary>
    public async Task DecideAsync(ulong requestId, bool approve, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.DecideRequest({requestId}, {approve})");
        try
        {
            await _connection.CallAsync(Message(), cancellationToken).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName is BusErrors.UnknownMethod or BusErrors.UnknownInterface)
        {
            throw new ServerException(NoRequests);
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

    /// <summary>Tells the server that the client has been seen just now.</summary>
    public Task CheckedOkAsync(Client client, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Client}.CheckedOK()");
        return CallAsync(BeginCall(client.Path, ServerNames.Client, "CheckedOK", null).CreateMessage(), client, cancellationToken);
    }

    /// <summary>Removes a client from the server.</summary>
    public Task RemoveAsync(Client client, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Service}.RemoveClient({client.Path})");
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Service, "RemoveClient", "o");
        writer.WriteObjectPath(client.Path);
        return CallAsync(writer.CreateMessage(), client, cancellationToken);
    }

    /// <summary>The former clients that the server keeps.</summary>
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

    /// <summary>Forgets the former clients of a name.</summary>
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

    /// <returns>Null if the server has no pages.</returns>
    private async Task<List<Client>?> ListPagesAsync(CancellationToken cancellationToken)
    {
        List<Client> clients = [];
        ulong last = 0;
        while (true)
        {
            List<Client> page;
            ulong before = last;
            try
            {
                (page, last) = await GetPageAsync(last, cancellationToken).ConfigureAwait(false);
            }
            catch (DBusErrorReplyException e) when (clients.Count == 0 && IsUnknown(e))
            {
                return null;
            }

            if (page.Count == 0)
            {
                return clients;
            }

            clients.AddRange(page);
            if (last <= before || clients.Count > MaxClients)
            {
                throw new DBusReadException("its list of clients does not end");
            }
        }
    }

    private Task<(List<Client> Page, ulong Last)> GetPageAsync(ulong after, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Extension}.GetClients({after}, {PageSize})");
        MessageWriter writer = BeginCall(ServerNames.Root, ServerNames.Extension, "GetClients", "tu");
        writer.WriteUInt64(after);
        writer.WriteUInt32(PageSize);
        return _connection.CallAsync(
            writer.CreateMessage(),
            static message =>
            {
                Reader reader = Body(message, "a{oa{sv}}t");
                List<Client> clients = [];
                ArrayEnd end = reader.ReadDictionaryStart();
                while (reader.HasNext(end))
                {
                    reader.AlignStruct();
                    string path = reader.ReadObjectPathAsString();
                    clients.Add(Client.Read(path, ref reader));
                }

                return (clients, reader.ReadUInt64());
            },
            cancellationToken);
    }

    private async Task<List<Client>> ListWithoutPagesAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.Service}.GetAllClients()");
        string[] paths = await _connection.CallAsync(
            BeginCall(ServerNames.Root, ServerNames.Service, "GetAllClients", null).CreateMessage(),
            static message =>
            {
                Reader reader = Body(message, "ao");
                List<string> paths = [];
                ArrayEnd end = reader.ReadArrayStart(DBusType.ObjectPath);
                while (reader.HasNext(end))
                {
                    paths.Add(reader.ReadObjectPathAsString());
                }

                return paths.ToArray();
            },
            cancellationToken).ConfigureAwait(false);
        if (paths.Length <= MaxClientsInOneReply)
        {
            return await GetManagedObjectsAsync(cancellationToken).ConfigureAwait(false);
        }

        List<Client> clients = new(paths.Length);
        foreach (string[] some in paths.Chunk(MaxCallsAtATime))
        {
            foreach (Task<Client> one in some.Select(path => GetAllAsync(new Client(path), ServerNames.Client, cancellationToken)).ToArray())
            {
                try
                {
                    clients.Add(await one.ConfigureAwait(false));
                }
                catch (DBusErrorReplyException e) when (IsUnknown(e))
                {
                    // It has been removed in the meantime.
                }
            }
        }

        return clients;
    }

    private Task<List<Client>> GetManagedObjectsAsync(CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{ServerNames.Root}: {ServerNames.ObjectManager}.GetManagedObjects()");
        return _connection.CallAsync(
            BeginCall(ServerNames.Root, ServerNames.ObjectManager, "GetManagedObjects", null).CreateMessage(),
            static message =>
            {
                Reader reader = Body(message, "a{oa{sa{sv}}}");
                List<Client> clients = [];
                ArrayEnd end = reader.ReadDictionaryStart();
                while (reader.HasNext(end))
                {
                    reader.AlignStruct();
                    string path = reader.ReadObjectPathAsString();
                    if (ReadInterfaces(path, ref reader) is { } client)
                    {
                        clients.Add(client);
                    }
                }

                return clients;
            },
            cancellationToken);
    }

    /// <summary>The client with the properties of one of its interfaces; Debian's server says of those that it does not have that they are empty.</summary>
    private Task<Client> GetAllAsync(Client client, string interfaceName, CancellationToken cancellationToken)
    {
        _trace?.Invoke($"{client.Path}: {ServerNames.Properties}.GetAll({interfaceName})");
        MessageWriter writer = BeginCall(client.Path, ServerNames.Properties, "GetAll", "s");
        writer.WriteString(interfaceName);
        return _connection.CallAsync(
            writer.CreateMessage(),
            message =>
            {
                Reader reader = Body(message, "a{sv}");
                return client.Read(ref reader);
            },
            cancellationToken);
    }

    /// <summary>Reads an object's interfaces: <c>a{sa{sv}}</c>.</summary>
    /// <returns>Null if it is no client.</returns>
    private static Client? ReadInterfaces(string path, ref Reader reader)
    {
        var client = new Client(path);
        bool isClient = false;
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string name = reader.ReadString();
            isClient |= name == ServerNames.Client;
            if (name is ServerNames.Client or ServerNames.ClientExtension)
            {
                client = client.Read(ref reader);
            }
            else
            {
                reader.SkipTo(reader.ReadDictionaryStart());
            }
        }

        return isClient ? client : null;
    }
}
