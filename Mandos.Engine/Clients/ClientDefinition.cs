using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>One client as <c>clients.conf</c>, or the command that added it, defines it.</summary>
public sealed record ClientDefinition
{
    /// <summary>The key ID of an empty key, the SHA-256 of nothing. It identifies nobody.</summary>
    public const string EmptyKeyId = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";

    /// <summary>Name of the checker of clients that name none.</summary>
    public const string StandardChecker = "shell";

    /// <summary>The title of its section, or what the command called it.</summary>
    public required string Name { get; init; }

    /// <summary>Where the definition is from.</summary>
    public ClientOrigin Origin { get; init; }

    /// <summary>Its options.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>The option <c>enabled</c>.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Its secret; the engine becomes its owner.</summary>
    public required Secret Secret { get; init; }
}
