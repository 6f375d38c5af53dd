using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace Mandos.StateSqlite;

/// <summary>A client as a row, in the order of the columns of <see cref="Schema"/>.</summary>
internal static class ClientRow
{
    public static void Write(StoredClient stored, RowWriter row)
    {
        row.Write(stored.Name);
        row.Write(stored.FileEnabled);
        WriteSettings(stored.FileSettings, row);
        row.Write(stored.EncryptedSecret.Span);
        row.Write(stored.Client is null);
        if (stored.Client is not { } client)
        {
            row.WriteNullsToEnd();
            return;
        }

        WriteSettings(client.Settings, row);
        row.Write(client.Created);
        row.Write(client.Enabled);
        row.Write(client.LastEnabled);
        row.Write(client.Expires);
        row.Write(client.LastCheckedOk);
        row.Write(client.LastCheckerStatus);
        row.Write(client.LastApprovalRequest);
    }

    public static StoredClient Read(RowReader row)
    {
        string name = row.ReadText();
        bool fileEnabled = row.ReadBoolean();
        ClientSettings fileSettings = ReadSettings(row);
        byte[] encryptedSecret = row.ReadBytes();
        bool removed = row.ReadBoolean();
        ClientSnapshot? client = null;
        if (removed)
        {
            row.ReadNullsToEnd();
        }
        else
        {
            ClientSettings settings = ReadSettings(row);
            client = new ClientSnapshot
            {
                Name = name,

                // Most clients run with the settings of the file; one object for both halves the memory.
                Settings = settings == fileSettings ? fileSettings : settings,
                Created = row.ReadTime(),
                Enabled = row.ReadBoolean(),
                LastEnabled = row.ReadOptionalTime(),
                Expires = row.ReadOptionalTime(),
                LastCheckedOk = row.ReadOptionalTime(),
                LastCheckerStatus = row.ReadInt32(),
                LastApprovalRequest = row.ReadOptionalTime(),
            };
        }

        return new StoredClient
        {
            Name = name,
            FileEnabled = fileEnabled,
            FileSettings = fileSettings,
            EncryptedSecret = encryptedSecret,
            Client = client,
        };
    }

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
