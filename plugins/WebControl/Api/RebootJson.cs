using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>Reboots and rehearsals that are expected, in JSON.</summary>
internal static class RebootJson
{
    /// <summary>Reads a reboot that is to be expected.</summary>
    /// <exception cref="WebProblem">A name is unknown, or a value is of a wrong type.</exception>
    public static RebootPlan ReadReboot(JsonElement body)
    {
        RequireNames(body, "time", "reason", "needs_no_approval");
        string? reason = body.TryGetProperty("reason", out JsonElement text) && text.ValueKind != JsonValueKind.Null
            ? text.ValueKind == JsonValueKind.String ? text.GetString() : throw WebProblem.BadValue("reason has to be a text") : null;
        bool needsNoApproval = body.TryGetProperty("needs_no_approval", out JsonElement flag)
            && (flag.ValueKind is JsonValueKind.True or JsonValueKind.False ? flag.GetBoolean()
                : throw WebProblem.BadValue("needs_no_approval has to be true or false"));
        return new RebootPlan(ReadTime(body, "time")) { Reason = string.IsNullOrEmpty(reason) ? null : reason, NeedsNoApproval = needsNoApproval };
    }

    /// <summary>Reads for how long a rehearsal is to be expected.</summary>
    /// <exception cref="WebProblem">A name is unknown, or a value is of a wrong type.</exception>
    public static TimeSpan ReadRehearsal(JsonElement body)
    {
        RequireNames(body, "valid");
        return ReadTime(body, "valid");
    }

    /// <summary>Writes what is expected of a client, and what its boots have told.</summary>
    public static void Write(Utf8JsonWriter json, ClientSnapshot client)
    {
        if (client.ExpectedReboot is { } reboot)
        {
            json.WriteStartObject("expected_reboot");
            ClientJson.WriteTime(json, "until", reboot.Until);
            json.WriteString("reason", reboot.Reason);
            json.WriteBoolean("needs_no_approval", reboot.NeedsNoApproval);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("expected_reboot");
        }

        ClientJson.WriteTime(json, "rehearsal_until", client.RehearsalUntil);
        ClientJson.WriteTime(json, "proven_at", client.ProvenAt);
        WriteRotation(json, client.Rotation);
    }

    private static void WriteRotation(Utf8JsonWriter json, KeyRotation? rotation)
    {
        if (rotation is null)
        {
            json.WriteNull("rotation");
            return;
        }

        json.WriteStartObject("rotation");
        json.WriteString("next_key_id", rotation.NextKeyId);
        ClientJson.WriteTime(json, "tried_at", rotation.TriedAt);
        json.WriteString("retired_key_id", rotation.RetiredKeyId);
        ClientJson.WriteTime(json, "promoted_at", rotation.PromotedAt);
        json.WriteBoolean("is_file_behind", rotation.IsFileBehind);
        json.WriteEndObject();
    }

    private static void RequireNames(JsonElement body, params string[] names)
    {
        foreach (JsonProperty given in body.EnumerateObject())
        {
            if (!names.Contains(given.Name))
            {
                throw WebProblem.BadValue($"there is no {given.Name}; there may be {string.Join(", ", names)}");
            }
        }
    }

    private static TimeSpan ReadTime(JsonElement body, string name)
        => body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && IsoDuration.TryParse(value.GetString()!, out TimeSpan time)
            ? time : throw WebProblem.BadValue($"{name} has to be a duration in whole milliseconds, such as \"PT30M\"; \"PT0S\" takes it back");
}
