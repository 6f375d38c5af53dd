namespace Mandos.Abstractions.Control;

/// <summary>What the server keeps of a former client. All times are UTC.</summary>
public sealed record KeptClient
{
    /// <summary>The name that it had; several may have had the same one, with different keys.</summary>
    public required string Name { get; init; }

    /// <summary>Its key ID, 64 hexadecimal digits; null if it had none.</summary>
    public string? KeyId { get; init; }

    /// <summary>Fingerprint of its OpenPGP key, 40 hexadecimal digits; null if it had none.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>What applies when it is back.</summary>
    public required KeptState State { get; init; }

    /// <summary>When it left the files; null if a person removed it and the files still have it.</summary>
    public DateTimeOffset? LeftAt { get; init; }
}
