using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Persistence;

/// <summary>What a state store keeps of one client.</summary>
public sealed record StoredClient
{
    /// <summary>Name of the client, unique in the store.</summary>
    /// <remarks>
    /// If a client has left, and another one has its name now, a line feed and the key of the former client follow; no name has a line feed.
    /// </remarks>
    public required string Name { get; init; }

    /// <summary>
    /// The settings that <c>clients.conf</c> had when this was saved, by which an edit of the file is noticed; or those with which a command
    /// added the client.
    /// </summary>
    /// <remarks>
    /// <see cref="ClientSettings.Options"/> and <see cref="ClientSettings.ApproveAll"/> need not be kept, unless the client's
    /// <see cref="ClientSnapshot.Origin"/> is <see cref="ClientOrigin.Command"/>: then nobody else has them.
    /// </remarks>
    public required ClientSettings FileSettings { get; init; }

    /// <summary>The option <c>enabled</c> that <c>clients.conf</c> had when this was saved, or with which a command added the client.</summary>
    public required bool FileEnabled { get; init; }

    /// <summary>When this was saved, by the wall clock; null if it was saved before this was kept.</summary>
    /// <remarks>It bounds what the other times can mean, where the clock was wrong for a while.</remarks>
    public DateTimeOffset? SavedAt { get; init; }

    /// <summary>When the client left <c>clients.conf</c>, by the wall clock; null while it is there.</summary>
    public DateTimeOffset? LeftAt { get; init; }

    /// <summary>Until when a person's denial holds, by the wall clock; null: there is none.</summary>
    public DateTimeOffset? DeniedUntil { get; init; }

    /// <summary>The client; null if a person removed it at run time, so that it stays away.</summary>
    /// <remarks>
    /// A store need not keep what belongs to one run of the server: <see cref="ClientSnapshot.ApprovalsPending"/>,
    /// <see cref="ClientSnapshot.Requests"/>, <see cref="ClientSnapshot.CheckerRunning"/>,
    /// <see cref="ClientSettings.Options"/> and <see cref="ClientSettings.ApproveAll"/>, but for the latter two of a client that a command
    /// added. A store that servers share need not keep <see cref="ClientSnapshot.ExpectedReboot"/>, <see cref="ClientSnapshot.RehearsalUntil"/>,
    /// <see cref="ClientSnapshot.ProvenAt"/>, <see cref="Proof"/>, <see cref="ClientSnapshot.Rotation"/> and <see cref="TrialProof"/>, which such servers do
    /// not have.
    /// </remarks>
    public required ClientSnapshot? Client { get; init; }

    /// <summary>
    /// A secret that was set at run time, or that of a client that a command added, encrypted by the server; empty where the file's secret is
    /// in force.
    /// </summary>
    public ReadOnlyMemory<byte> EncryptedSecret { get; init; }

    /// <summary>
    /// Something made of a random number and of the key, secret and host with which the client got its secret last, by which a change of them is
    /// noticed; it says nothing of the secret. Empty if there is none.
    /// </summary>
    public ReadOnlyMemory<byte> Proof { get; init; }

    /// <summary>The same of the next key and the next secret, if the former has got the latter; else empty.</summary>
    public ReadOnlyMemory<byte> TrialProof { get; init; }

    /// <summary>
    /// In a store that servers share, the last change of the client's control, as <see cref="Sharing.SharedClient.Revision"/>; it is read, and not saved.
    /// Elsewhere 0.
    /// </summary>
    public long Revision { get; init; }
}
