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

    /// <summary>The key that is to take the place of its present one, with its secret, which the engine owns too; null for none.</summary>
    public NextKey? Next { get; init; }

    /// <summary>Whether its source has a next key that cannot be used, for a mistake. If that was promoted, nothing of the client can be.</summary>
    public bool IsNextFaulty { get; init; }

    /// <summary>The key that its present one has taken the place of, if its source has yet to tell so: there the present key is still the next.</summary>
    public string? RetiredKeyId { get; init; }

    /// <summary>The key ID, or the fingerprint if it has none.</summary>
    public string? MainKey => Settings.KeyId ?? Settings.Fingerprint;

    /// <summary>The same client once its next key has taken the place of the present one, as if its source said so.</summary>
    /// <remarks>A fingerprint belongs to the key that is retired.</remarks>
    /// <exception cref="InvalidOperationException">It has no next key.</exception>
    public ClientDefinition Promoted() => Next is { } next
        ? this with { Settings = Settings with { KeyId = next.KeyId, Fingerprint = null }, Secret = next.Secret, Next = null, RetiredKeyId = MainKey }
        : throw new InvalidOperationException($"client {Name} has no next key");

    /// <summary>Zeroes its secrets once nobody uses them.</summary>
    public void DisposeSecrets()
    {
        Secret.Dispose();
        Next?.Secret.Dispose();
    }
}
