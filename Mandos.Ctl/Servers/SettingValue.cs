using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers;

/// <summary>The values of settings: texts, booleans, and durations in milliseconds.</summary>
internal static class SettingValue
{
    /// <summary>The value, if it has the type of the setting.</summary>
    /// <exception cref="InvalidCastException">It has another type.</exception>
    public static object Check(ClientSetting setting, object value) => setting switch
    {
        ClientSetting<TimeSpan> => (ulong)value,
        ClientSetting<bool> => (bool)value,
        _ => (string)value,
    };

    /// <summary>The value of a client for which the server gives none.</summary>
    public static object Default(ClientSetting setting) => setting switch
    {
        ClientSetting<TimeSpan> duration => (ulong)duration.Default.TotalMilliseconds,
        ClientSetting<bool> flag => flag.Default,
        ClientSetting<string> text => text.Default,
        _ => throw new NotSupportedException($"{setting} cannot be shown"),
    };
}
