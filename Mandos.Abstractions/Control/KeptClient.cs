using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>What the server keeps of a former client. All times are UTC.</summary>
/// <remarks>
/// It has left the files, or a person removed it, or both, which <see cref="LeftAt"/> and <see cref="State"/> tell; or it is one that a
/// command had added and whose secret the server cannot read, which <see cref="Origin"/> tells.
/// </remarks>
public sealed record KeptClient
{
    /// <summary>The name that it had; several may have had the same one, with different keys.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <see cref="ClientOrigin.Command"/> if a command had added it, and the server does not serve it because it lacks the key under which its
    /// secret is kept. It is served again once a start finds that key, and gone for good once it is forgotten.
    /// </summary>
    public ClientOrigin Origin { get; init; }

    /// <summary>Its key ID, 64 hexadecimal digits; null if it had none.</summary>
    public string? KeyId { get; init; }

    /// <summary>Fingerprint of its OpenPGP key, 40 hexadecimal digits; null if it had none.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>What applies when it is back.</summary>
    public required KeptState State { get; init; }

    /// <summary>When it left the files; null if they have it, and a person removed it, or if they never had it.</summary>
    public DateTimeOffset? LeftAt { get; init; }
}
