using System.Globalization;
using System.Text.Json;
using Mandos.Abstractions.Clients;

namespace Mandos.Host.Transfer;

/// <summary>A client's settings as members of a JSON object, by the names of their options. Durations are as <c>1.02:03:04.5</c>: days, hours, minutes, seconds.</summary>
internal static class SettingValues
{
    private const string ApproveAll = "approve_all";
    private const string Options = "options";
    private const string Durations = "c";

    private static readonly (string Name, int Digits, Func<ClientSettings, string?> Get, Func<ClientSettings, string, ClientSettings> With)[] _fixed =
    [
        ("key_id", 64, static s => s.KeyId, static (s, v) => s with { KeyId = v }),
        ("fingerprint", 40, static s => s.Fingerprint, static (s, v) => s with { Fingerprint = v }),
        ("checker_plugin", 0, static s => s.CheckerPlugin, static (s, v) => s with { CheckerPlugin = v }),
    ];

    /// <summary>Writes them.</summary>
    public static Dictionary<string, JsonElement> Write(ClientSettings settings)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, _, get, _) in _fixed)
        {
            if (get(settings) is { } text)
            {
                values.Add(name, Text(text));
            }
        }

        foreach (ClientSetting setting in ClientSetting.All)
        {
            values.Add(setting.OptionName, setting switch
            {
                ClientSetting<string> text => Text(text.Get(settings)),
                ClientSetting<bool> flag => JsonSerializer.SerializeToElement(flag.Get(settings), StateHeadJson.Of<bool>()),
                ClientSetting<TimeSpan> duration => Text(duration.Get(settings).ToString(Durations, CultureInfo.InvariantCulture)),
                _ => throw new NotSupportedException($"there is no JSON for {setting}"),
            });
        }

        if (settings.ApproveAll)
        {
            values.Add(ApproveAll, JsonSerializer.SerializeToElement(true, StateHeadJson.Of<bool>()));
        }

        if (settings.Options.Count > 0)
        {
            values.Add(Options, JsonSerializer.SerializeToElement(settings.Options, StateHeadJson.Of<IReadOnlyDictionary<string, string>>()));
        }

        return values;
    }

    /// <summary>Reads them. A missing one has its default.</summary>
    /// <exception cref="FormatException">One is unknown or wrong; the message says which.</exception>
    public static ClientSettings Read(IReadOnlyDictionary<string, JsonElement> values)
    {
        var settings = new ClientSettings();
        foreach ((string name, JsonElement value) in values)
        {
            if (Array.Find(_fixed, known => known.Name == name) is { Name: not null } known)
            {
                string text = ReadText(name, value);
                bool isGood = known.Digits == 0 ? text.Length > 0
                    : text.Length == known.Digits && IsHexadecimal(text);
                settings = isGood ? known.With(settings, text) : throw new FormatException(known.Digits == 0
                    ? $"{name} is empty; leave it out"
                    : $"{name} has to be {known.Digits} hexadecimal digits in upper case");
            }
            else if (name == ApproveAll)
            {
                settings = settings with { ApproveAll = ReadFlag(name, value) };
            }
            else if (name == Options)
            {
                settings = settings with { Options = ReadOptions(value) };
            }
            else
            {
                ClientSetting setting = ClientSetting.All.FirstOrDefault(setting => setting.OptionName == name)
                    ?? throw new FormatException($"{name} is no setting that this server knows");
                settings = setting switch
                {
                    ClientSetting<string> text => text.Set(settings, ReadText(name, value)),
                    ClientSetting<bool> flag => flag.Set(settings, ReadFlag(name, value)),
                    ClientSetting<TimeSpan> duration => duration.Set(settings, ReadDuration(name, value)),
                    _ => throw new NotSupportedException($"there is no JSON for {setting}"),
                };
                if (setting.FindFault(settings) is { } fault)
                {
                    throw new FormatException($"{name} {fault}");
                }
            }
        }

        return settings;
    }

    /// <summary>Whether a text has hexadecimal digits in upper case alone.</summary>
    public static bool IsHexadecimal(string text) => text.All(static c => char.IsAsciiDigit(c) || c is >= 'A' and <= 'F');

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text, StateHeadJson.Of<string>());

    private static string ReadText(string name, JsonElement value)
        => value.ValueKind == JsonValueKind.String ? GetString(name, value) : throw new FormatException($"{name} has to be a text");

    private static bool ReadFlag(string name, JsonElement value)
        => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new FormatException($"{name} has to be true or false");

    private static TimeSpan ReadDuration(string name, JsonElement value)
        => TimeSpan.TryParseExact(ReadText(name, value), Durations, CultureInfo.InvariantCulture, out TimeSpan duration)
            ? duration
            : throw new FormatException($"{name} has to be a duration such as 00:05:00 or 1.12:00:00 (days, hours, minutes, seconds)");

    private static Dictionary<string, string> ReadOptions(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{Options} has to be an object of texts");
        }

        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty option in value.EnumerateObject())
        {
            options[option.Name] = ReadText($"{Options}: {option.Name}", option.Value);
        }

        return options;
    }

    private static string GetString(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"{name} is not valid Unicode");
        }
    }
}
