using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace Mandos.StateSqlite;

/// <summary>A client as a row, in the order of the columns of <see cref="Schema"/>.</summary>
internal static class ClientRow
{
    /// <summary>Writes a client, so that only the checksum is left to be written.</summary>
    public static void Write(StoredClient stored, RowWriter row)
    {
        row.Begin();
        row.Write(stored.Name);
        row.Write(stored.FileEnabled);
        WriteSettings(stored.FileSettings, row);
        row.Write(stored.EncryptedSecret.Span);
        row.Write(stored.Client is null);
        if (stored.Client is { } client)
        {
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

    /// <summary>Reads a client, which is to be trusted once its checksum has been compared.</summary>
    public static StoredClient Read(RowReader row)
    {
        row.Begin();
        string name = row.ReadText();
        bool fileEnabled = row.ReadBoolean();
        ClientSettings fileSettings = ReadSettings(row);
        byte[] encryptedSecret = row.ReadBytes();
        bool removed = row.ReadBoolean();
        return new StoredClient
        {
            Name = name,
            FileEnabled = fileEnabled,
            FileSettings = fileSettings,
            EncryptedSecret = encryptedSecret,
            Client = removed ? null : new ClientSnapshot
            {
                Name = name,
                Created = row.ReadTime(),
                Enabled = row.ReadBoolean(),
                LastEnabled = row.ReadOptionalTime(),
                Expires = row.ReadOptionalTime(),
                LastCheckedOk = row.ReadOptionalTime(),
                LastCheckerStatus = row.ReadInt32(),
                LastApprovalRequest = row.ReadOptionalTime(),
                Settings = row.ReadBoolean() ? ReadSettings(row) : fileSettings,
            },
        };
    }

    private static bool SameValues(ClientSettings one, ClientSettings other)
        => ReferenceEquals(one, other) || one with { Options = other.Options } == other;

    private static void WriteSettings(ClientSettings settings, RowWriter row)
    {
        row.WriteOptional(settings.KeyId);
        row.WriteOptional(settings.Fingerprint);
        row.Write(settings.Host);
        row.Write(settings.Checker);
        row.WriteOptional(settings.CheckerPlugin);
        row.Write(settings.Interval);
        row.Write(settings.Timeout);
        row.Write(settings.ExtendedTimeout);
        row.Write(settings.ApprovalDelay);
        row.Write(settings.ApprovalDuration);
        row.Write(settings.ApprovedByDefault);
    }

    private static ClientSettings ReadSettings(RowReader row) => new()
    {
        KeyId = row.ReadOptionalText(),
        Fingerprint = row.ReadOptionalText(),
        Host = row.ReadText(),
        Checker = row.ReadText(),
        CheckerPlugin = row.ReadOptionalText(),
        Interval = row.ReadTimeSpan(),
        Timeout = row.ReadTimeSpan(),
        ExtendedTimeout = row.ReadTimeSpan(),
        ApprovalDelay = row.ReadTimeSpan(),
        ApprovalDuration = row.ReadTimeSpan(),
        ApprovedByDefault = row.ReadBoolean(),
    };
}
