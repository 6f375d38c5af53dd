using System.Buffers;
using System.Text;
using System.Text.Json;
using Mandos.Abstractions.Clients;

namespace Mandos.StatePostgres.Tables;

/// <summary>A client's settings as JSON: an object with a member for each, by the name of its option. Durations are in ticks of 100 ns.</summary>
/// <remarks>A newer server's settings that this one does not know stay in the table, as it writes its own over those that are there.</remarks>
internal static class SettingsText
{
    private static readonly (string Name, Func<ClientSettings, string?> Get, Func<ClientSettings, string?, ClientSettings> With)[] _fixed =
    [
        ("key_id", static s => s.KeyId, static (s, v) => s with { KeyId = v }),
        ("fingerprint", static s => s.Fingerprint, static (s, v) => s with { Fingerprint = v }),
        ("checker_plugin", static s => s.CheckerPlugin, static (s, v) => s with { CheckerPlugin = v }),
    ];

    /// <summary>Writes them.</summary>
    public static string Write(ClientSettings settings)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, get, _) in _fixed)
            {
                json.WriteString(name, get(settings));
            }

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
                        throw new NotSupportedException($"there is no JSON for {setting}");
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads them. A missing one has its default.</summary>
    /// <exception cref="IOException">It is no such object.</exception>
    public static ClientSettings Read(string text)
    {
        var settings = new ClientSettings();
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement json = document.RootElement;
            foreach (var (name, _, with) in _fixed)
            {
                settings = json.TryGetProperty(name, out JsonElement value) ? with(settings, value.GetString()) : settings;
            }

            foreach (ClientSetting setting in ClientSetting.All)
            {
                if (json.TryGetProperty(setting.OptionName, out JsonElement value))
                {
                    settings = setting switch
                    {
                        ClientSetting<string> known => known.Set(settings, value.GetString()!),
                        ClientSetting<bool> known => known.Set(settings, value.GetBoolean()),
                        ClientSetting<TimeSpan> known => known.Set(settings, new TimeSpan(value.GetInt64())),
                        _ => throw new NotSupportedException($"there is no JSON for {setting}"),
                    };
                }
            }

            return settings;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new IOException("the settings of a client are damaged", e);
        }
    }

    /// <summary>Whether two clients have the same of what a store keeps.</summary>
    public static bool AreSame(ClientSettings one, ClientSettings other)
        => one with { Options = other.Options, ApproveAll = other.ApproveAll } == other;
}
