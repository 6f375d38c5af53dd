using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mandos.Abstractions.Checking;

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
        },
    };

    private sealed class TextConverter<T>(Func<string, T> parse) : JsonConverter<T>
        where T : class
    {
        // The value at run time may be of a derived type, such as that of IPAddress.Any.
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsAssignableTo(typeof(T));

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
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
