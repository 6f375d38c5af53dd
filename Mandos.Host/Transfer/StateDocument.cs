using System.Text.Json;

namespace Mandos.Host.Transfer;

/// <summary>Exported state as it is in the file, which docs/state-file.md describes.</summary>
internal sealed record StateDocument
{
    /// <summary>Tells the file from others.</summary>
    public const string FormatName = "mandos-state";

    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int PresentVersion = 1;

    public required string Format { get; init; }

    public required int Version { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Written { get; init; }

    public required IReadOnlyList<ClientEntry> Clients { get; init; }

    /// <summary>What is read first, to tell the version.</summary>
    internal sealed record Head
    {
        public string? Format { get; init; }

        public int? Version { get; init; }
    }

    /// <summary>A client, or what is kept of a former one.</summary>
    internal sealed record ClientEntry
    {
        public required string Name { get; init; }

        /// <summary>The keys of a former client whose name another client has now, with a space between.</summary>
        public string? FormerKeys { get; init; }

        /// <summary>Whether a person removed it; then it has no <see cref="State"/>.</summary>
        public required bool Removed { get; init; }

        public StateEntry? State { get; init; }

        /// <summary>What the files said of it.</summary>
        public required FileEntry File { get; init; }

        public DateTimeOffset? SavedAt { get; init; }

        public DateTimeOffset? LeftAt { get; init; }

        public DateTimeOffset? DeniedUntil { get; init; }

        /// <summary>A secret that was set at run time, encrypted.</summary>
        public byte[]? EncryptedSecret { get; init; }
    }

    /// <summary>What the files said of a client.</summary>
    internal sealed record FileEntry
    {
        public required bool Enabled { get; init; }

        public required IReadOnlyDictionary<string, JsonElement> Settings { get; init; }
    }

    /// <summary>A reboot that is expected.</summary>
    internal sealed record RebootEntry
    {
        public required DateTimeOffset Until { get; init; }

        public string? Reason { get; init; }

        public bool NeedsNoApproval { get; init; }
    }

    /// <summary>A change of a client's key.</summary>
    internal sealed record RotationEntry
    {
        /// <summary>The key that is to take the place of the present one.</summary>
        public string? NextKeyId { get; init; }

        /// <summary>When that got its secret last.</summary>
        public DateTimeOffset? TriedAt { get; init; }

        /// <summary>By what that key, its secret and the host of then are known again; nothing of the secret.</summary>
        public byte[]? TrialProof { get; init; }

        /// <summary>The key that the present one has taken the place of.</summary>
        public string? RetiredKeyId { get; init; }

        public DateTimeOffset? PromotedAt { get; init; }
    }

    /// <summary>A client as it is.</summary>
    internal sealed record StateEntry
    {
        public required bool Enabled { get; init; }

        /// <summary>Whether a command added it, so that no file has it.</summary>
        public bool Added { get; init; }

        public required DateTimeOffset Created { get; init; }

        public DateTimeOffset? LastEnabled { get; init; }

        public DateTimeOffset? Expires { get; init; }

        public DateTimeOffset? LastCheckedOk { get; init; }

        public required int LastCheckerStatus { get; init; }

        public DateTimeOffset? LastApprovalRequest { get; init; }

        /// <summary>The reboot that a person has announced.</summary>
        public RebootEntry? ExpectedReboot { get; init; }

        /// <summary>Until when the next request is a rehearsal.</summary>
        public DateTimeOffset? RehearsalUntil { get; init; }

        /// <summary>When the client got its present secret last.</summary>
        public DateTimeOffset? ProvenAt { get; init; }

        /// <summary>By what the key, secret and host of then are known again; nothing of the secret.</summary>
        public byte[]? Proof { get; init; }

        /// <summary>How far its change to another key is, and what the last one was.</summary>
        public RotationEntry? Rotation { get; init; }

        public required IReadOnlyDictionary<string, JsonElement> Settings { get; init; }
    }
}
