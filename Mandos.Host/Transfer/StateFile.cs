using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Host.Logging;

namespace Mandos.Host.Transfer;

/// <summary>State as a text, to be moved from one store to another.</summary>
internal static class StateFile
{
    private const int LargestStatus = 255;

    /// <summary>Writes it.</summary>
    /// <param name="clients">What a store has, in any order.</param>
    /// <param name="now">When it is written.</param>
    /// <param name="output">Gets the text.</param>
    public static void Write(IEnumerable<StoredClient> clients, DateTimeOffset now, Stream output) => JsonSerializer.Serialize(
        output,
        new StateDocument
        {
            Format = StateDocument.FormatName,
            Version = StateDocument.PresentVersion,
            Written = now,
            Clients = [.. clients.OrderBy(static client => client.Name, StringComparer.Ordinal).Select(Write)],
        },
        StateJson.Document);

    /// <summary>Reads it.</summary>
    /// <param name="text">The whole text.</param>
    /// <exception cref="FormatException">It is no such text; the message, in one line, says where and what.</exception>
    public static IReadOnlyList<StoredClient> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            StateDocument.Head? head = JsonSerializer.Deserialize(text, StateHeadJson.Of<StateDocument.Head>());
            if (head?.Format != StateDocument.FormatName)
            {
                throw new FormatException($"it is no exported state: its “format” is not “{StateDocument.FormatName}”");
            }

            if (head.Version != StateDocument.PresentVersion)
            {
                throw new FormatException($"it is of version {head.Version}, and this server reads version {StateDocument.PresentVersion}");
            }

            StateDocument document = JsonSerializer.Deserialize(text, StateJson.Document)!;
            var names = new HashSet<string>(StringComparer.Ordinal);
            List<StoredClient> clients = [];
            foreach (StateDocument.ClientEntry entry in document.Clients)
            {
                StoredClient client = ReadClient(entry, clients.Count);
                clients.Add(names.Add(client.Name) ? client : throw Fault(entry, clients.Count, "it is there twice"));
            }

            return clients;
        }
        catch (JsonException e)
        {
            // What follows is .NET's way to say where
            string what = e.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0].TrimEnd('.');
            throw new FormatException($"line {e.LineNumber + 1}, {LogText.Escape((e.Path is null or "$" ? "" : e.Path.TrimStart('$', '.') + ": ") + what)}", e);
        }
    }

    private static StateDocument.ClientEntry Write(StoredClient stored)
    {
        string[] parts = stored.Name.Split('\n', 2);
        return new StateDocument.ClientEntry
        {
            Name = parts[0],
            FormerKeys = parts.ElementAtOrDefault(1),
            Removed = stored.Client is null,
            State = stored.Client is { } client ? new StateDocument.StateEntry
            {
                Enabled = client.Enabled,
                Added = client.Origin == ClientOrigin.Command,
                Created = client.Created,
                LastEnabled = client.LastEnabled,
                Expires = client.Expires,
                LastCheckedOk = client.LastCheckedOk,
                LastCheckerStatus = client.LastCheckerStatus,
                LastApprovalRequest = client.LastApprovalRequest,
                ExpectedReboot = client.ExpectedReboot is { } reboot
                    ? new StateDocument.RebootEntry { Until = reboot.Until, Reason = reboot.Reason, NeedsNoApproval = reboot.NeedsNoApproval } : null,
                RehearsalUntil = client.RehearsalUntil,
                ProvenAt = client.ProvenAt,
                Proof = stored.Proof.IsEmpty ? null : stored.Proof.ToArray(),
                Rotation = client.Rotation is { } rotation ? new StateDocument.RotationEntry
                {
                    NextKeyId = rotation.NextKeyId,
                    TriedAt = rotation.TriedAt,
                    TrialProof = stored.TrialProof.IsEmpty ? null : stored.TrialProof.ToArray(),
                    RetiredKeyId = rotation.RetiredKeyId,
                    PromotedAt = rotation.PromotedAt,
                } : null,
                Settings = SettingValues.Write(client.Settings),
            } : null,
            File = new StateDocument.FileEntry { Enabled = stored.FileEnabled, Settings = SettingValues.Write(stored.FileSettings) },
            SavedAt = stored.SavedAt,
            LeftAt = stored.LeftAt,
            DeniedUntil = stored.DeniedUntil,
            EncryptedSecret = stored.EncryptedSecret.IsEmpty ? null : stored.EncryptedSecret.ToArray(),
        };
    }

    private static StoredClient ReadClient(StateDocument.ClientEntry entry, int place)
    {
        if (ClientRules.FindNameFault(entry.Name) is { } fault)
        {
            throw Fault(entry, place, fault);
        }

        if (entry.FormerKeys is { } keys && !keys.Split(' ').All(static key => key.Length is 40 or 64 && SettingValues.IsHexadecimal(key)))
        {
            throw Fault(entry, place, "former_keys has to be keys of 40 or 64 hexadecimal digits in upper case");
        }

        if (entry.Removed != entry.State is null)
        {
            throw Fault(entry, place, entry.Removed ? "it is removed, and so has no state" : "it is not removed, and so has to have a state");
        }

        if (entry.EncryptedSecret?.Length > ClientLimits.SecretBytes + StateFileLimits.Encryption)
        {
            throw Fault(entry, place, $"its secret is larger than {ClientLimits.SecretBytes} bytes");
        }

        if (entry.State?.LastCheckerStatus is < ClientSnapshot.NotCheckedYet or > LargestStatus)
        {
            throw Fault(entry, place, $"last_checker_status has to be {ClientSnapshot.NotCheckedYet} to {LargestStatus}");
        }

        if (entry.State is { Enabled: false, Expires: not null })
        {
            throw Fault(entry, place, "it is disabled, and so does not expire");
        }

        if (entry.State is { Enabled: false, ExpectedReboot: not null })
        {
            throw Fault(entry, place, "it is disabled, and so no reboot of it is expected");
        }

        try
        {
            new RebootPlan(TimeSpan.Zero) { Reason = entry.State?.ExpectedReboot?.Reason }.Validate();
        }
        catch (ArgumentException e)
        {
            throw Fault(entry, place, e.Message);
        }

        return new StoredClient
        {
            Name = entry.FormerKeys is null ? entry.Name : $"{entry.Name}\n{entry.FormerKeys}",
            FileEnabled = entry.File.Enabled,
            FileSettings = Settings(entry.File.Settings, "file"),
            SavedAt = entry.SavedAt?.ToUniversalTime(),
            LeftAt = entry.LeftAt?.ToUniversalTime(),
            DeniedUntil = entry.DeniedUntil?.ToUniversalTime(),
            EncryptedSecret = entry.EncryptedSecret ?? [],
            Proof = entry.State?.Proof,
            TrialProof = entry.State?.Rotation?.TrialProof,
            Client = entry.State is not { } state ? null : new ClientSnapshot
            {
                Name = entry.FormerKeys is null ? entry.Name : $"{entry.Name}\n{entry.FormerKeys}",
                Origin = state.Added ? ClientOrigin.Command : ClientOrigin.Files,
                Enabled = state.Enabled,
                Created = state.Created.ToUniversalTime(),
                LastEnabled = state.LastEnabled?.ToUniversalTime(),
                Expires = state.Expires?.ToUniversalTime(),
                LastCheckedOk = state.LastCheckedOk?.ToUniversalTime(),
                LastCheckerStatus = state.LastCheckerStatus,
                LastApprovalRequest = state.LastApprovalRequest?.ToUniversalTime(),
                ExpectedReboot = state.ExpectedReboot is { } expected
                    ? new ExpectedReboot(expected.Until.ToUniversalTime()) { Reason = expected.Reason, NeedsNoApproval = expected.NeedsNoApproval } : null,
                RehearsalUntil = state.RehearsalUntil?.ToUniversalTime(),
                ProvenAt = state.ProvenAt?.ToUniversalTime(),
                Rotation = state.Rotation is { } rotation ? new KeyRotation
                {
                    NextKeyId = rotation.NextKeyId,
                    TriedAt = rotation.TriedAt?.ToUniversalTime(),
                    RetiredKeyId = rotation.RetiredKeyId,
                    PromotedAt = rotation.PromotedAt?.ToUniversalTime(),
                } : null,
                Settings = Settings(state.Settings, "state"),
            },
        };

        ClientSettings Settings(IReadOnlyDictionary<string, JsonElement> values, string where)
        {
            try
            {
                return SettingValues.Read(values);
            }
            catch (FormatException e)
            {
                throw Fault(entry, place, $"{where}.settings: {e.Message}");
            }
        }
    }

    private static FormatException Fault(StateDocument.ClientEntry entry, int place, string what)
        => new($"clients[{place}] (“{LogText.Escape(entry.Name)}”): {LogText.Escape(what)}");
}
