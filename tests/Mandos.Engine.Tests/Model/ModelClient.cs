using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Model;

/// <summary>
/// A client as the rules have it. Times that end in <c>At</c> are milliseconds since the test began; null: never.
/// </summary>
internal sealed class ModelClient
{
    public required ModelDefinition File { get; set; }

    public string Name => File.Name;

    /// <summary>Whether <see cref="File"/> is from the files, or from the command that added it.</summary>
    public ClientOrigin Origin { get; set; }

    public required ClientSettings Settings { get; set; }

    public required string Secret { get; set; }

    public bool Enabled { get; set; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? LastEnabled { get; set; }

    /// <summary>The expiry on the wall clock of the moment when it was set, whatever reboot is expected.</summary>
    public DateTimeOffset? Expires { get; set; }

    /// <summary>The expiry as people see it.</summary>
    public DateTimeOffset? ShownExpires => RebootEndsAt.At > ExpiresAt.At ? Reboot!.Until : Expires;

    /// <summary>The reboot that is expected; holds until <see cref="RebootEndsAt"/>.</summary>
    public ExpectedReboot? Reboot { get; set; }

    public ModelDeadline RebootEndsAt { get; } = new();

    /// <summary>The connection that was approved for the sake of the reboot.</summary>
    public ModelConnection? RebootConnection { get; set; }

    /// <summary>When it got its secret last, and the secret and host that it had then; null if one of them is another now.</summary>
    public (DateTimeOffset At, string Secret, string Host)? Proven { get; set; }

    /// <summary>Until when the next request is a rehearsal, on the wall clock; holds until <see cref="RehearsalEndsAt"/>.</summary>
    public DateTimeOffset? RehearsalUntil { get; set; }

    public ModelDeadline RehearsalEndsAt { get; } = new();

    public DateTimeOffset? LastCheckedOk { get; set; }

    public int Status { get; set; } = ClientSnapshot.NotCheckedYet;

    public DateTimeOffset? LastApprovalRequest { get; set; }

    public int Pending { get; set; }

    public ModelDeadline ExpiresAt { get; } = new();

    public ModelDeadline NextCheckAt { get; } = new();

    /// <summary>Approval or denial in force; holds until <see cref="VerdictEndsAt"/>.</summary>
    public bool? Verdict { get; set; }

    /// <summary>The address that an approval is for; null: the first one that comes.</summary>
    public string? ApprovedAddress { get; set; }

    public ModelDeadline VerdictEndsAt { get; } = new();

    /// <summary>Until when a denial in force holds, on the wall clock of the moment when it was given.</summary>
    public DateTimeOffset? DeniedUntil { get; set; }

    /// <summary>Boots for which it was given secrets since it was last seen alive.</summary>
    public int BootsSinceAlive { get; set; }

    /// <summary>When it was given one last.</summary>
    public long? LastSecret { get; set; }

    /// <summary>The addresses made of hardware addresses from which it got secrets.</summary>
    public HashSet<string> HardwareAddresses { get; } = [];

    public ModelCheck Check { get; set; }

    /// <summary>Whether the running check does not die when it is stopped.</summary>
    public bool IsStubborn { get; set; }

    /// <summary>Checks that were stopped and have not died yet.</summary>
    public int Dying { get; set; }

    public bool Removed { get; set; }

    public ModelCounts Counts { get; set; } = new();

    public string Key => File.Key;

    /// <summary>When the next key got its secret, which that was, at which host, and the check that ran then or had run last.</summary>
    public (DateTimeOffset At, string Secret, string Host, int Check)? Tried { get; set; }

    /// <summary>The key before the present one.</summary>
    public string? RetiredKey { get; set; }

    public DateTimeOffset? PromotedAt { get; set; }

    /// <summary>How many checks have been begun.</summary>
    public int Checks { get; set; }

    public KeyRotation? Rotation => Rotate(File, Tried?.At, RetiredKey, PromotedAt, File.Retired is not null);

    public static KeyRotation? Rotate(ModelDefinition file, DateTimeOffset? triedAt, string? retired, DateTimeOffset? promotedAt, bool isFileBehind)
        => file.Next is null && retired is null ? null : new KeyRotation
        {
            NextKeyId = file.Next is { } next ? Support.EngineRig.KeyId(next.Key) : null,
            TriedAt = triedAt,
            RetiredKeyId = retired is null ? null : Support.EngineRig.KeyId(retired),
            PromotedAt = promotedAt,
            IsFileBehind = isFileBehind,
        };

    public ModelRecord ToRecord() => Removed
        ? new ModelRecord(File, null, false, default, null, null, null, 0, null, null)
        : new ModelRecord(File, Settings, Enabled, Created, LastEnabled, Expires, LastCheckedOk, Status, LastApprovalRequest,
            Secret) 
        {
            DeniedUntil = DeniedUntil, Origin = Origin, Reboot = Reboot, RehearsalUntil = RehearsalUntil, Proven = Proven,
            Tried = Tried is { } tried ? (tried.At, tried.Secret, tried.Host) : null, RetiredKey = RetiredKey, PromotedAt = PromotedAt,
        };
}
