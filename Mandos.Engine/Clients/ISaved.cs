using Mandos.Abstractions.Persistence;

namespace Mandos.Engine.Clients;

/// <summary>Something that the state store has a row for.</summary>
internal interface ISaved
{
    /// <summary>Name of its row.</summary>
    string Name { get; }

    /// <summary>The row as the store should have it now.</summary>
    StoredClient ToStored();
}
