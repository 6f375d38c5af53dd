using System.Collections.Frozen;

namespace Mandos.Engine.Clients;

/// <summary>The clients of the configuration, as far as they can be used.</summary>
/// <param name="Clients">Those that can, with different names, key IDs and fingerprints.</param>
public sealed record ClientConfiguration(IReadOnlyCollection<ClientDefinition> Clients)
{
    /// <summary>Names of those that cannot, for a mistake. They have not left the configuration: nothing of them is forgotten.</summary>
    public IReadOnlySet<string> LeftOut { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Whether all names are known. If a part could not be read, a missing client may stand there.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>Whether it has no clients at all.</summary>
    public bool IsEmpty => Clients.Count == 0 && IsComplete && LeftOut.Count == 0;

    /// <summary>Whether a client that is not among <see cref="Clients"/> may be in the configuration all the same.</summary>
    /// <param name="client">Its name.</param>
    public bool MayHave(string client) => !IsComplete || LeftOut.Contains(client);
}
