using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Sharing;

/// <summary>What decides whether a client may have its secret, and what that is. It changes by commands alone.</summary>
public sealed record SharedControl
{
    /// <summary>The settings in force.</summary>
    /// <remarks><see cref="ClientSettings.Options"/> and <see cref="ClientSettings.ApproveAll"/> need not be kept: each server has them from its files.</remarks>
    public required ClientSettings Settings { get; init; }

    /// <summary>When the client was first known to a server, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the client may get its secret.</summary>
    public bool Enabled { get; init; }

    /// <summary>When it was last enabled, UTC; null if never.</summary>
    public DateTimeOffset? LastEnabled { get; init; }

    /// <summary>Whether a person removed it, so that it stays away.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>The approval or denial in force, or the last denial; null for none.</summary>
    public SharedVerdict? Verdict { get; init; }

    /// <summary>A secret that was set at run time, encrypted by the server; empty where the files' secret is in force.</summary>
    public ReadOnlyMemory<byte> EncryptedSecret { get; init; }
}
