using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Reads a client. What it does not know it leaves out, as a newer server may tell more.</summary>
internal sealed class ClientConverter : JsonConverter<Client>
{
    private enum Kind
    {
        Text,
        Flag,
        Number,
        Duration,
        Time,
    }

    /// <summary>Those that a client has here, by their names in JSON.</summary>
    private static readonly FrozenDictionary<string, (string Property, Kind Kind)> _properties = new Dictionary<string, (string, Kind)>
    {
        ["key_id"] = ("KeyID", Kind.Text),
        ["fingerprint"] = ("Fingerprint", Kind.Text),
        ["enabled"] = ("Enabled", Kind.Flag),
        ["checker_running"] = ("CheckerRunning", Kind.Flag),
        ["approval_pending"] = ("ApprovalPending", Kind.Flag),
        ["last_checker_status"] = ("LastCheckerStatus", Kind.Number),
        ["created"] = ("Created", Kind.Time),
        ["last_enabled"] = ("LastEnabled", Kind.Time),
        ["last_checked_ok"] = ("LastCheckedOK", Kind.Time),
        ["last_approval_request"] = ("LastApprovalRequest", Kind.Time),
        ["expires"] = ("Expires", Kind.Time),
        ["rehearsal_until"] = ("RehearsalUntil", Kind.Time),
        ["proven_at"] = ("ProvenAt", Kind.Time),
    }
    .Concat(ClientSetting.All.Select(static setting => KeyValuePair.Create<string, (string, Kind)>(
        setting.OptionName, (setting.Name, setting switch
        {
            ClientSetting<TimeSpan> => Kind.Duration,
            ClientSetting<bool> => Kind.Flag,
            _ => Kind.Text,
        })))).ToFrozenDictionary();

    /// <summary>The names by which the catalogue calls the properties that a client has here.</summary>
    private static readonly FrozenSet<string> _names =
        _properties.Values.Select(static entry => entry.Property == "LastCheckedOK" ? ClientProperty.LastCheckedOk.Name : entry.Property)
            .Append(ClientProperty.ExpectedReboot.Name).Append(ClientProperty.Rotation.Name).ToFrozenSet();

    /// <summary>Whether a client has a property here.</summary>
    /// <param name="name">Its name in the catalogue.</param>
    public static bool Has(string name) => _names.Contains(name);

    public override Client Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a client is an object");
        }

        var client = new Client("");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "name":
                    string text = reader.GetString() ?? "";
                    client = client with { Name = text, Path = WebValues.PathOf(text) };
                    break;
                case "id":
                    client = client with { Id = reader.GetInt64() };
                    break;
                case "requests":
                    IReadOnlyList<RequestData> requests = JsonSerializer.Deserialize(ref reader, WebJson.Default.IReadOnlyListRequestData) ?? [];
                    client = client with { Requests = [.. requests.Select(static request => request.ToRequest())] };
                    break;
                case "expected_reboot":
                    client = client.With("ExpectedReboot", ReadReboot(ref reader));
                    break;
                case "rotation":
                    client = client.With("Rotation", ReadRotation(ref reader));
                    break;
                default:
                    if (_properties.TryGetValue(name, out (string Property, Kind Kind) property))
                    {
                        client = client.With(property.Property, Read(ref reader, property.Kind));
                    }
                    else
                    {
                        reader.Skip();
                    }

                    break;
            }
        }

        return client.Path.Length > 0 ? client : throw new JsonException("a client has a name");
    }

    public override void Write(Utf8JsonWriter writer, Client value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static object[] ReadReboot(ref Utf8JsonReader reader)
    {
        RebootData? reboot = JsonSerializer.Deserialize(ref reader, WebJson.Default.RebootData);
        return [WebValues.ToText(reboot?.Until), reboot?.Reason ?? "", reboot?.NeedsNoApproval == true];
    }

    private static object[] ReadRotation(ref Utf8JsonReader reader)
    {
        RotationData? rotation = JsonSerializer.Deserialize(ref reader, WebJson.Default.RotationData);
        return
        [
            rotation?.NextKeyId ?? "", WebValues.ToText(rotation?.TriedAt), rotation?.RetiredKeyId ?? "", WebValues.ToText(rotation?.PromotedAt),
            rotation?.IsFileBehind == true,
        ];
    }

    private static object Read(ref Utf8JsonReader reader, Kind kind) => kind switch
    {
        Kind.Flag => reader.GetBoolean(),
        Kind.Number => reader.GetInt32(),
        Kind.Duration => WebValues.ToMilliseconds(reader.GetString() ?? ""),
        Kind.Time => reader.TokenType == JsonTokenType.Null ? "" : WebValues.ToText(reader.GetDateTimeOffset()),
        _ => reader.GetString() ?? "",
    };
}
