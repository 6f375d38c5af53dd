using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>Lists clients.</summary>
internal sealed partial class BusServerConnection
{
    /// <summary>How many clients a server without pages is asked for in one reply: the bus disconnects Debian's at 24,000.</summary>
    private const int MaxClientsInOneReply = 5000;

    /// <summary>How many calls wait for their replies at a time, of many that do not depend on each other; dbus-daemon allows 128.</summary>
    private const int MaxCallsAtATime = 100;

    /// <summary>How many clients are asked for in one page; the server gives as many as it likes.</summary>
    private const uint PageSize = 2000;

    /// <summary>Ten times the clients that a server is made for; one that gives more never ends.</summary>
    private const int MaxClients = 1_000_000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Client>> ListAsync(CancellationToken cancellationToken, Action<int>? read = null)
    {
        try
        {
            return await ListPagesAsync(read, cancellationToken).ConfigureAwait(false)
                ?? await ListWithoutPagesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DBusExceptionBase e)
        {
            throw Explain(e);
        }
    }

    /// <inheritdoc/>
    public async Task<Client?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (UsualPath(name) is not { } path)
        {
            return null;
        }

        try
        {
            Client client = await GetAllAsync(new Client(path), ServerNames.Client, cancellationToken).ConfigureAwait(false);
            client = await GetAllAsync(client, ServerNames.ClientExtension, cancellationToken).ConfigureAwait(false);
            return client.Name == name ? client : null;
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

    /// <summary>Where a client is unless another one took its place; null if its name has unusual characters.</summary>
    private static string? UsualPath(string name)
        => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
            ? $"{ServerNames.Clients}/{name.Replace('.', '_').Replace('-', '_')}"
            : null;

    /// <returns>Null if the server has no pages.</returns>
    private async Task<List<Client>?> ListPagesAsync(Action<int>? read, CancellationToken cancellationToken)
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
            read?.Invoke(page.Count);
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
                    clients.Add(BusValues.ReadClient(new Client(path), ref reader));
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
                return BusValues.ReadClient(client, ref reader);
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
                client = BusValues.ReadClient(client, ref reader);
            }
            else
            {
                reader.SkipTo(reader.ReadDictionaryStart());
            }
        }

        return isClient ? client : null;
    }
}
