namespace Mandos.Abstractions.Clients;

/// <summary>The client that a command is for: one of a snapshot, and no other; or whichever has a name.</summary>
/// <remarks>
/// Between the look at a client and the command, it may be removed, and another one may come under its name. A command for a snapshot does not
/// meet that one. A text converts to a reference by name, a snapshot to a reference to that client.
/// </remarks>
public readonly record struct ClientReference
{
    private readonly string? _name;

    private ClientReference(string name, long? id) => (_name, Id) = (name, id);

    /// <summary>The name of the client.</summary>
    public string Name => _name ?? "";

    /// <summary>The <see cref="ClientSnapshot.Id"/> that it has to have; null: any.</summary>
    public long? Id { get; }

    /// <summary>Whichever client has a name when the command is carried out: for what a person types.</summary>
    /// <param name="name">The name.</param>
    public static ClientReference ByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ClientReference(name, null);
    }

    /// <summary>The client of a snapshot, and no other.</summary>
    /// <param name="client">The client, as the server gave it.</param>
    public static ClientReference To(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new ClientReference(client.Name, client.Id);
    }

    /// <summary>The client of a name, if it has an <see cref="ClientSnapshot.Id"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="id">The number that it has to have.</param>
    public static ClientReference ById(string name, long id)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new ClientReference(name, id);
    }

    /// <summary><see cref="ByName"/></summary>
    /// <param name="name">The name.</param>
    public static implicit operator ClientReference(string name) => ByName(name);

    /// <summary><see cref="To"/></summary>
    /// <param name="client">The client, as the server gave it.</param>
    public static implicit operator ClientReference(ClientSnapshot client) => To(client);

    /// <summary>Whether a client is meant.</summary>
    /// <param name="client">The client as it is now.</param>
    public bool Means(ClientSnapshot client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.Name == Name && (Id is null || Id == client.Id);
    }
}
