namespace Mandos.StateSqlite;

/// <summary>The columns of a client in one version of the tables.</summary>
internal sealed class ClientLayout
{
    /// <param name="settings">The columns of the settings.</param>
    /// <param name="hasTimes">Whether there are the columns of version 2.</param>
    /// <param name="hasAdded">Whether there is the column of version 4.</param>
    /// <param name="hasBoots">Whether there are the columns of version 6.</param>
    /// <param name="hasRotation">Whether there are the columns of version 8.</param>
    public ClientLayout(IReadOnlyList<SettingColumn> settings, bool hasTimes, bool hasAdded, bool hasBoots, bool hasRotation)
    {
        (Settings, HasTimes, HasAdded, HasBoots, HasRotation) = (settings, hasTimes, hasAdded, hasBoots, hasRotation);
        Columns =
        [
            "name",
            "file_enabled",
            .. settings.Select(static setting => FilePrefix + setting.Name),
            "encrypted_secret",
            .. hasTimes ? ["saved_at", "left_at", "denied_until"] : Array.Empty<string>(),
            "removed",
            .. hasAdded ? ["added"] : Array.Empty<string>(),
            .. hasBoots ? ["reboot_until", "reboot_reason", "reboot_unapproved", "rehearsal_until", "proven_at", "proof"] : Array.Empty<string>(),
            .. hasRotation ? ["next_key_id", "tried_at", "trial_proof", "retired_key_id", "promoted_at"] : Array.Empty<string>(),
            "created",
            "enabled",
            "last_enabled",
            "expires",
            "last_checked_ok",
            "last_checker_status",
            "last_approval_request",
            "own_settings",
            .. settings.Select(static setting => setting.Name),
            "checksum",
        ];
        Select = $"SELECT {string.Join(", ", Columns)} FROM client";
        Insert = $"INSERT INTO client ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select(_ => "?"))})";
    }

    /// <summary>What precedes the name of a setting in the column that has what the files said.</summary>
    public const string FilePrefix = "file_";

    /// <summary>The columns of the settings, in their order.</summary>
    public IReadOnlyList<SettingColumn> Settings { get; }

    /// <summary>Whether there are the columns of version 2: when a client was saved, when it left the files, and until when it is denied.</summary>
    public bool HasTimes { get; }

    /// <summary>Whether there is the column of version 4: what else defines a client that a command added.</summary>
    public bool HasAdded { get; }

    /// <summary>Whether there are the columns of version 6: the reboot and the rehearsal that are expected, and the last one with the present secret.</summary>
    public bool HasBoots { get; }

    /// <summary>Whether there are the columns of version 8: a change of its key that is under way, and the last one.</summary>
    public bool HasRotation { get; }

    /// <summary>All columns in the order of <see cref="ClientRow"/>; the last is the checksum over the others.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Reads all clients.</summary>
    public string Select { get; }

    /// <summary>Adds a client; it has a parameter for each column.</summary>
    public string Insert { get; }
}
