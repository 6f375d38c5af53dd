using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Reads durations: see <see cref="WebValues.ToMilliseconds"/>.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => SharingServer.Duration((long)Math.Min(WebValues.ToMilliseconds(reader.GetString() ?? ""), long.MaxValue))!.Value;

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options)
        => writer.WriteStringValue(WebValues.ToDuration((ulong)value.TotalMilliseconds));
}
