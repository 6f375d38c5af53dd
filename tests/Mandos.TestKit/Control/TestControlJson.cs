using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.TestKit.Control;

/// <summary>How the contracts' types look on the control socket of the test plugins. Both ends compile this file.</summary>
internal static class TestControlJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters =
        {
            new JsonStringEnumConverter(),
            new TextConverter<IPAddress>(IPAddress.Parse),
            new TextConverter<IPEndPoint>(IPEndPoint.Parse),
            new CheckResultConverter(),
            new TextConverter<ClientProperty>(FindProperty),
            new ClientChangeConverter(),
        },
    };

    private static ClientProperty FindProperty(string name) => ClientSetting.All.FirstOrDefault(setting => setting.Name == name)
        ?? (ClientProperty)typeof(ClientProperty).GetProperty(name)!.GetValue(null)!;

    private sealed class TextConverter<T>(Func<string, T> parse) : JsonConverter<T>
        where T : class
    {
        // The value at run time may be of a derived type, such as that of IPAddress.Any.
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsAssignableTo(typeof(T));

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    /// <summary>The names of the settings, and settings that have their values.</summary>
    private sealed class ClientChangeConverter : JsonConverter<ClientChange>
    {
        public override ClientChange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var change = JsonElement.ParseValue(ref reader);
            var values = change.GetProperty("values").Deserialize<ClientSettings>(options)!;
            return change.GetProperty("settings").EnumerateArray()
                .Select(name => ClientSetting.All.Single(setting => setting.Name == name.GetString()))
                .Aggregate(ClientChange.None, (result, setting) => result.With(setting, values));
        }

        public override void Write(Utf8JsonWriter writer, ClientChange value, JsonSerializerOptions options)
            => JsonSerializer.Serialize(
                writer,
                new { Settings = value.Settings.Select(setting => setting.Name), Values = value.ApplyTo(new ClientSettings()) },
                options);
    }

    private sealed class CheckResultConverter : JsonConverter<CheckResult>
    {
        private const int CoreDumpFlag = 0x80;

        public override CheckResult Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var result = JsonElement.ParseValue(ref reader);
            var status = result.GetProperty("waitStatus").GetInt32();
            return result.GetProperty("outcome").GetString() switch
            {
                nameof(CheckOutcome.Exited) => CheckResult.Exited(status >> 8),
                nameof(CheckOutcome.Signaled) => CheckResult.Signaled(status & ~CoreDumpFlag, (status & CoreDumpFlag) != 0),
                _ => CheckResult.Failed(result.GetProperty("error").GetString()!),
            };
        }

        public override void Write(Utf8JsonWriter writer, CheckResult value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("outcome", value.Outcome.ToString());
            writer.WriteNumber("waitStatus", value.WaitStatus);
            writer.WriteString("error", value.Error);
            writer.WriteEndObject();
        }
    }
}
