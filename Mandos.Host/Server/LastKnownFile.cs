using System.Globalization;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Persistence;
using Mandos.Host.Unix;

namespace Mandos.Host.Server;

/// <summary>A file in the state directory with what the shared store last told of the clients that are served while the server is cut off from it.</summary>
/// <param name="stateDirectory">The state directory.</param>
internal sealed class LastKnownFile(string stateDirectory) : ILastKnown
{
    private const int Version = 1;

    private readonly string _path = Path.Combine(stateDirectory, "last-known.json");

    /// <inheritdoc/>
    public IReadOnlyList<StoredClient> Read()
    {
        if (!File.Exists(_path))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(_path));
            int version = document.RootElement.GetProperty("version").GetInt32();
            return version == Version ? [.. document.RootElement.GetProperty("clients").EnumerateArray().Select(Read)]
                : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{_path} is of version {version}, and this server has {Version}"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new IOException($"{_path} is damaged");
        }
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyCollection<StoredClient> clients)
    {
        if (clients.Count == 0 && !File.Exists(_path))
        {
            return;
        }

        PrivateFile.Write(_path, overwrite: true, file =>
        {
            using var json = new Utf8JsonWriter(file);
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartArray("clients");
            foreach (StoredClient client in clients)
            {
                Write(json, client);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, StoredClient stored)
    {
        ClientSnapshot client = stored.Client!;
        json.WriteStartObject();
        json.WriteString("name", stored.Name);
        json.WriteBoolean("file_enabled", stored.FileEnabled);
        Write(json, "file_settings", stored.FileSettings);
        Write(json, "settings", client.Settings);
        json.WriteBoolean("enabled", client.Enabled);
        json.WriteNumber("created", client.Created.UtcTicks);
        Write(json, "last_enabled", client.LastEnabled);
        Write(json, "saved_at", stored.SavedAt);
        Write(json, "denied_until", stored.DeniedUntil);
        json.WriteBase64String("encrypted_secret", stored.EncryptedSecret.Span);
        json.WriteEndObject();
    }

    private static StoredClient Read(JsonElement json)
    {
        string name = json.GetProperty("name").GetString() ?? throw new FormatException();
        return new StoredClient
        {
            Name = name,
            FileEnabled = json.GetProperty("file_enabled").GetBoolean(),
            FileSettings = ReadSettings(json.GetProperty("file_settings")),
            SavedAt = ReadTime(json.GetProperty("saved_at")),
            DeniedUntil = ReadTime(json.GetProperty("denied_until")),
            EncryptedSecret = json.GetProperty("encrypted_secret").GetBytesFromBase64(),
            Client = new ClientSnapshot
            {
                Name = name,
                Settings = ReadSettings(json.GetProperty("settings")),
                Enabled = json.GetProperty("enabled").GetBoolean(),
                Created = ReadTime(json.GetProperty("created"))!.Value,
                LastEnabled = ReadTime(json.GetProperty("last_enabled")),
            },
        };
    }

    private static void Write(Utf8JsonWriter json, string name, ClientSettings settings)
    {
        json.WriteStartObject(name);
        json.WriteString("key_id", settings.KeyId);
        json.WriteString("fingerprint", settings.Fingerprint);
        json.WriteString("checker_plugin", settings.CheckerPlugin);
        foreach (ClientSetting setting in ClientSetting.All)
        {
            switch (setting)
            {
                case ClientSetting<string> text:
                    json.WriteString(text.OptionName, text.Get(settings));
                    break;
                case ClientSetting<bool> flag:
                    json.WriteBoolean(flag.OptionName, flag.Get(settings));
                    break;
                case ClientSetting<TimeSpan> duration:
                    json.WriteNumber(duration.OptionName, duration.Get(settings).Ticks);
                    break;
                default:
                    throw new NotSupportedException($"{setting} cannot be in a file");
            }
        }

        json.WriteEndObject();
    }

    /// <summary>One that is missing, because it is newer than the file, has its default.</summary>
    private static ClientSettings ReadSettings(JsonElement json)
    {
        var settings = new ClientSettings
        {
            KeyId = json.GetProperty("key_id").GetString(),
            Fingerprint = json.GetProperty("fingerprint").GetString(),
            CheckerPlugin = json.GetProperty("checker_plugin").GetString(),
        };
        foreach (ClientSetting setting in ClientSetting.All)
        {
            if (json.TryGetProperty(setting.OptionName, out JsonElement value))
            {
                settings = setting switch
                {
                    ClientSetting<string> text => text.Set(settings, value.GetString() ?? throw new FormatException()),
                    ClientSetting<bool> flag => flag.Set(settings, value.GetBoolean()),
                    ClientSetting<TimeSpan> duration => duration.Set(settings, new TimeSpan(value.GetInt64())),
                    _ => throw new NotSupportedException($"{setting} cannot be in a file"),
                };
            }
        }

        return settings;
    }

    private static void Write(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            json.WriteNumber(name, known.UtcTicks);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static DateTimeOffset? ReadTime(JsonElement json)
        => json.ValueKind == JsonValueKind.Null ? null
            : json.GetInt64() is >= 0 and var ticks && ticks <= DateTimeOffset.MaxValue.Ticks ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new FormatException();
}
