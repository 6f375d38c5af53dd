namespace Mandos.Abstractions.Clients;

/// <summary>One client as it was at one moment. It never holds the secret. All times are UTC.</summary>
public sealed record ClientSnapshot
{
    /// <summary>Value of <see cref="LastCheckerStatus"/> before any check has finished.</summary>
    public const int NotCheckedYet = -2;

    /// <summary>Value of <see cref="LastCheckerStatus"/> after a check that did not exit by itself.</summary>
    public const int NotExited = -1;

    /// <summary>The client's name: the title of its section in <c>clients.conf</c>, or what the command called it that added it.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// A number that no other client has, or had since the server started: one that comes later under its name has another, and so has it after it
    /// got another key. 0 for what is no client of a running server, such as a row of a store.
    /// </summary>
    public long Id { get; init; }

    /// <summary>Where it comes from. One that a command has added becomes one of the files when these have its name.</summary>
    public ClientOrigin Origin { get; init; }

    /// <summary>The settings in force.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>When the client was first known to the server.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the client may get its secret.</summary>
    public bool Enabled { get; init; }

    /// <summary>When it was last enabled; null if never.</summary>
    public DateTimeOffset? LastEnabled { get; init; }

    /// <summary>When it will be disabled; null while it is disabled.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When a check last succeeded, or a person said that it did; null if never.</summary>
    public DateTimeOffset? LastCheckedOk { get; init; }

    /// <summary>Exit code of the last check, 0 to 255, or <see cref="NotExited"/>, or <see cref="NotCheckedYet"/>.</summary>
    public int LastCheckerStatus { get; init; } = NotCheckedYet;

    /// <summary>When a connection of the client last began to wait for approval; null if never.</summary>
    public DateTimeOffset? LastApprovalRequest { get; init; }

    /// <summary>Number of connections that wait for approval now, or have been approved and not yet got the secret.</summary>
    public int ApprovalsPending { get; init; }

    /// <summary>The connections that wait for approval now, oldest first; the server limits how many a client may have.</summary>
    public IReadOnlyList<SecretRequest> Requests { get; init; } = [];

    /// <summary>Whether a check runs now.</summary>
    public bool CheckerRunning { get; init; }

    /// <summary>The reboot that a person has announced; null for none. Only enabled clients have one.</summary>
    public ExpectedReboot? ExpectedReboot { get; init; }

    /// <summary>Until when the next request of the client is a rehearsal of its boot, by the wall clock; null if none is expected.</summary>
    public DateTimeOffset? RehearsalUntil { get; init; }

    /// <summary>
    /// When the client last got its secret with the key, secret and host that it has now, by a boot or a rehearsal; null if it has not since one of them
    /// changed, so that nobody knows whether it can boot.
    /// </summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>How far its change to another key is, and what the last one was; null if there is neither.</summary>
    public KeyRotation? Rotation { get; init; }
}
