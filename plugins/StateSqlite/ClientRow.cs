using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace Mandos.StateSqlite;

/// <summary>A client as a row, in the order of the columns of a <see cref="ClientLayout"/>.</summary>
internal static class ClientRow
{
    private static readonly ClientSettings _defaults = new();

    /// <summary>Writes a client, so that only the checksum is left to be written.</summary>
    public static void Write(StoredClient stored, RowWriter row)
    {
        row.Begin();
        row.Write(stored.Name);
        row.Write(stored.FileEnabled);
        WriteSettings(stored.FileSettings, row);
        row.Write(stored.EncryptedSecret.Span);
        if (row.Layout.HasTimes)
        {
            row.Write(stored.SavedAt);
            row.Write(stored.LeftAt);
            row.Write(stored.DeniedUntil);
        }

        row.Write(stored.Client is null);
        if (stored.Client is { } client)
        {
            if (row.Layout.HasAdded)
            {
                row.WriteOptional(client.Origin == ClientOrigin.Command ? AddedDefinition.Write(stored.FileSettings) : null);
            }

            if (row.Layout.HasBoots)
            {
                WriteBoots(client, stored.Proof, row);
            }

            if (row.Layout.HasRotation)
            {
                WriteRotation(client.Rotation, stored.TrialProof, row);
            }

            row.Write(client.Created);
            row.Write(client.Enabled);
            row.Write(client.LastEnabled);
            row.Write(client.Expires);
            row.Write(client.LastCheckedOk);
            row.Write(client.LastCheckerStatus);
            row.Write(client.LastApprovalRequest);
            bool ownSettings = !SameValues(client.Settings, stored.FileSettings);
            row.Write(ownSettings);
            if (ownSettings)
            {
                WriteSettings(client.Settings, row);
            }
        }
    }

    /// <summary>Reads a client; trust it only after comparing its checksum.</summary>
    public static StoredClient Read(RowReader row)
    {
        bool hasTimes = row.Layout.HasTimes;
        row.Begin();
        string name = row.ReadText();
        bool fileEnabled = row.ReadBoolean();
        ClientSettings fileSettings = ReadSettings(row);
        byte[] encryptedSecret = row.ReadBytes();
        DateTimeOffset? savedAt = hasTimes ? row.ReadOptionalTime() : null;
        DateTimeOffset? leftAt = hasTimes ? row.ReadOptionalTime() : null;
        DateTimeOffset? deniedUntil = hasTimes ? row.ReadOptionalTime() : null;
        bool removed = row.ReadBoolean();
        string? added = !removed && row.Layout.HasAdded ? row.ReadOptionalText() : null;
        bool hasBoots = !removed && row.Layout.HasBoots;
        ExpectedReboot? reboot = hasBoots ? ReadReboot(row) : null;
        DateTimeOffset? rehearsalUntil = hasBoots ? row.ReadOptionalTime() : null;
        DateTimeOffset? provenAt = hasBoots ? row.ReadOptionalTime() : null;
        ReadOnlyMemory<byte> proof = hasBoots ? row.ReadOptionalBytes() : default;
        bool hasRotation = !removed && row.Layout.HasRotation;
        ReadOnlyMemory<byte> trialProof = default;
        KeyRotation? rotation = hasRotation ? ReadRotation(row, out trialProof) : null;
        fileSettings = added is null ? fileSettings : AddedDefinition.Apply(added, fileSettings);
        return new StoredClient
        {
            Name = name,
            FileEnabled = fileEnabled,
            FileSettings = fileSettings,
            EncryptedSecret = encryptedSecret,
            SavedAt = savedAt,
            LeftAt = leftAt,
            DeniedUntil = deniedUntil,
            Proof = proof,
            TrialProof = trialProof,
            Client = removed ? null : new ClientSnapshot
            {
                Name = name,
                Origin = added is null ? ClientOrigin.Files : ClientOrigin.Command,
                Created = row.ReadTime(),
                Enabled = row.ReadBoolean(),
                LastEnabled = row.ReadOptionalTime(),
                Expires = row.ReadOptionalTime(),
                LastCheckedOk = row.ReadOptionalTime(),
                LastCheckerStatus = row.ReadInt32(),
                LastApprovalRequest = row.ReadOptionalTime(),
                ExpectedReboot = reboot,
                RehearsalUntil = rehearsalUntil,
                ProvenAt = provenAt,
                Rotation = rotation,
                Settings = row.ReadBoolean() ? ReadOwnSettings(row, fileSettings) : fileSettings,
            },
        };
    }

    private static void WriteBoots(ClientSnapshot client, ReadOnlyMemory<byte> proof, RowWriter row)
    {
        row.Write(client.ExpectedReboot?.Until);
        row.WriteOptional(client.ExpectedReboot?.Reason);
        if (client.ExpectedReboot is { } reboot)
        {
            row.Write(reboot.NeedsNoApproval);
        }
        else
        {
            row.WriteNull();
        }

        row.Write(client.RehearsalUntil);
        row.Write(client.ProvenAt);
        WriteProof(proof, row);
    }

    private static void WriteRotation(KeyRotation? rotation, ReadOnlyMemory<byte> trialProof, RowWriter row)
    {
        row.WriteOptional(rotation?.NextKeyId);
        row.Write(rotation?.TriedAt);
        WriteProof(trialProof, row);
        row.WriteOptional(rotation?.RetiredKeyId);
        row.Write(rotation?.PromotedAt);
    }

    private static KeyRotation? ReadRotation(RowReader row, out ReadOnlyMemory<byte> trialProof)
    {
        string? nextKeyId = row.ReadOptionalText();
        DateTimeOffset? triedAt = row.ReadOptionalTime();
        trialProof = row.ReadOptionalBytes();
        string? retiredKeyId = row.ReadOptionalText();
        DateTimeOffset? promotedAt = row.ReadOptionalTime();
        return nextKeyId is null && retiredKeyId is null ? null
            : new KeyRotation { NextKeyId = nextKeyId, TriedAt = triedAt, RetiredKeyId = retiredKeyId, PromotedAt = promotedAt };
    }

    private static void WriteProof(ReadOnlyMemory<byte> proof, RowWriter row)
    {
        if (proof.IsEmpty)
        {
            row.WriteNull();
        }
        else
        {
            row.Write(proof.Span);
        }
    }

    private static ExpectedReboot? ReadReboot(RowReader row)
    {
        DateTimeOffset? until = row.ReadOptionalTime();
        string? reason = row.ReadOptionalText();
        bool? needsNoApproval = row.ReadOptionalBoolean();
        return until is { } end ? new ExpectedReboot(end) { Reason = reason, NeedsNoApproval = needsNoApproval == true } : null;
    }

    private static bool SameValues(ClientSettings one, ClientSettings other)
        => ReferenceEquals(one, other) || one with { Options = other.Options } == other;

    private static void WriteSettings(ClientSettings settings, RowWriter row)
    {
        foreach (SettingColumn column in row.Layout.Settings)
        {
            column.Write(settings, row);
        }
    }

    /// <summary>Reads settings that differ from those of the definition. What cannot change while the server runs is the same.</summary>
    private static ClientSettings ReadOwnSettings(RowReader row, ClientSettings fileSettings)
        => ReadSettings(row) with { ApproveAll = fileSettings.ApproveAll, Options = fileSettings.Options };

    private static ClientSettings ReadSettings(RowReader row)
    {
        ClientSettings settings = _defaults;
        foreach (SettingColumn column in row.Layout.Settings)
        {
            settings = column.Read(settings, row);
        }

        return settings;
    }
}
