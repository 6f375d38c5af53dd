using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>
/// A start without the shared store. Until the store has told of its clients, only those run of which it told this server before: any other that is in the
/// files may be disabled or removed there. Used on the engine loop alone, unless a member says otherwise.
/// </summary>
/// <param name="services">What the engine shares.</param>
/// <param name="isKnown">Whether the store has told of a client.</param>
/// <param name="readClients">Reads the files again; null if there is nothing to read.</param>
internal sealed class LateStart(EngineServices services, Predicate<string> isKnown, Func<Task<ClientConfiguration>>? readClients) : IDisposable
{
    private ClientConfiguration? _whole;

    /// <summary>Whether the store has not told of its clients yet.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>The clients of the files that wait, and those that run, while the store has not told.</summary>
    public IEnumerable<ClientDefinition> Whole => _whole?.Clients ?? [];

    /// <summary>The clients that may run. All others wait: to the rest of the engine they are in the files and cannot be used.</summary>
    /// <param name="read">What the files say.</param>
    public ClientConfiguration PartOf(ClientConfiguration read)
    {
        Dispose();
        if (!IsWaiting)
        {
            return read;
        }

        _whole = read;
        ILookup<bool, ClientDefinition> clients = read.Clients.ToLookup(client => isKnown(client.Name));
        return new ClientConfiguration([.. clients[true].Select(static client => client with { Secret = new Secret(client.Secret.Memory.Span) })])
        {
            LeftOut = read.LeftOut.Concat(clients[false].Select(static client => client.Name)).ToHashSet(StringComparer.Ordinal),
            IsComplete = read.IsComplete,
        };
    }

    /// <summary>Gives what a reload is to take up: all that waits, once it need not any more, else what the files say now. For any thread.</summary>
    public async Task<ClientConfiguration> ReadAsync()
    {
        if (await services.Loop.InvokeAsync(TakeWhole).ConfigureAwait(false) is { } whole)
        {
            return whole;
        }

        if (readClients is null)
        {
            throw new InvalidOperationException("this server was started without a configuration to reload");
        }

        ClientConfiguration read = await readClients().ConfigureAwait(false);
        return await services.Loop.InvokeAsync(() => PartOf(read)).ConfigureAwait(false);
    }

    /// <summary>
    /// What the store told before of a client. Who was enabled then has not expired as far as is known here, and gets the time that it has after any
    /// start.
    /// </summary>
    public static StoredClient AtStart(StoredClient stored, DateTimeOffset now)
    {
        DateTimeOffset present = stored.SavedAt > now ? stored.SavedAt.Value : now;
        return stored.Client is { Enabled: true } client
            ? stored with { Client = client with { Expires = EngineClock.Add(present, client.Settings.Timeout) } } : stored;
    }

    /// <summary>Zeroes the secrets of those that wait.</summary>
    public void Dispose()
    {
        foreach (ClientDefinition client in Whole)
        {
            client.Secret.Dispose();
        }

        _whole = null;
    }

    private ClientConfiguration? TakeWhole()
    {
        if (IsWaiting)
        {
            return null;
        }

        ClientConfiguration? whole = _whole;
        _whole = null;
        return whole;
    }
}
