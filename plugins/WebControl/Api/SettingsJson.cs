using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>Reads new values of settings.</summary>
internal static class SettingsJson
{
    /// <summary>Reads an object with the settings' names as in clients.conf.</summary>
    /// <exception cref="WebProblem">A name is unknown, or a value is not of its setting's type.</exception>
    public static ClientChange Read(JsonElement settings)
    {
        ClientChange change = ClientChange.None;
        foreach (JsonProperty given in settings.EnumerateObject())
        {
            ClientSetting? setting = ClientSetting.All.FirstOrDefault(known => given.NameEquals(known.OptionName));
            change = setting switch
            {
                ClientSetting<string> text => given.Value.ValueKind == JsonValueKind.String ? change.With(text, TextOf(setting, given.Value))
                    : throw Wrong(setting, "a text"),
                ClientSetting<bool> flag => given.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? change.With(flag, given.Value.GetBoolean()) : throw Wrong(setting, "true or false"),
                ClientSetting<TimeSpan> duration => given.Value.ValueKind == JsonValueKind.String
                    && IsoDuration.TryParse(given.Value.GetString()!, out TimeSpan value) ? change.With(duration, value)
                        : throw Wrong(setting, "a duration in whole milliseconds, such as \"PT5M\" or \"PT0.5S\""),
                _ => throw WebProblem.BadValue($"there is no setting {given.Name}; there are {string.Join(", ", ClientSetting.All.Select(static known => known.OptionName))}"),
            };
        }

        return change;
    }

    private static string TextOf(ClientSetting setting, JsonElement value)
    {
        string text = value.GetString()!;
        return text.Length <= WebLimits.TextLength ? text
            : throw WebProblem.BadValue($"{setting.OptionName} may have {WebLimits.TextLength} characters; this has {text.Length}");
    }

    private static WebProblem Wrong(ClientSetting setting, string right) => WebProblem.BadValue($"{setting.OptionName} has to be {right}");
}
