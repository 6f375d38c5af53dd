using Mandos.Abstractions.Clients;

namespace Mandos.StateSqlite;

/// <summary>How a setting of a client is kept: in a column of its name, and in one with a prefix, which has what the files said.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its column.</param>
/// <param name="Write">Writes a client's value.</param>
/// <param name="Read">Gives a client the value that is read.</param>
internal sealed record SettingColumn(
    string Name, string Type, Action<ClientSettings, RowWriter> Write, Func<ClientSettings, RowReader, ClientSettings> Read)
{
    private const string Text = "TEXT";
    private const string Integer = "INTEGER";

    public static SettingColumn KeyId { get; } = Optional("key_id", static s => s.KeyId, static (s, v) => s with { KeyId = v });

    public static SettingColumn Fingerprint { get; } =
        Optional("fingerprint", static s => s.Fingerprint, static (s, v) => s with { Fingerprint = v });

    public static SettingColumn CheckerPlugin { get; } =
        Optional("checker_plugin", static s => s.CheckerPlugin, static (s, v) => s with { CheckerPlugin = v });

    /// <summary>The column of a setting that can change while the server runs. Durations are in ticks of 100 ns.</summary>
    public static SettingColumn Of(ClientSetting setting) => setting switch
    {
        ClientSetting<string> text => new(
            text.OptionName, Text, (s, row) => row.Write(text.Get(s)), (s, row) => text.Set(s, row.ReadText())),
        ClientSetting<bool> flag => new(
            flag.OptionName, Integer, (s, row) => row.Write(flag.Get(s)), (s, row) => flag.Set(s, row.ReadBoolean())),
        ClientSetting<TimeSpan> duration => new(
            duration.OptionName, Integer, (s, row) => row.Write(duration.Get(s)), (s, row) => duration.Set(s, row.ReadTimeSpan())),
        _ => throw new NotSupportedException($"there is no column for {setting}"),
    };

    private static SettingColumn Optional(string name, Func<ClientSettings, string?> get, Func<ClientSettings, string?, ClientSettings> with) => new(
        name,
        Text,
        (s, row) => row.WriteOptional(get(s)),
        (s, row) => row.ReadOptionalText() is { } value ? with(s, value) : s);
}
