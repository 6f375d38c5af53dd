using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>One client as <c>clients.conf</c> defines it.</summary>
public sealed record ClientDefinition
{
    /// <summary>The title of its section.</summary>
    public required string Name { get; init; }

    /// <summary>Its options.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>The option <c>enabled</c>.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Its secret; the engine becomes its owner.</summary>
    public required Secret Secret { get; init; }
}
