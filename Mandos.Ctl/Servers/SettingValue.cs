using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>The values of settings as they are on D-Bus: texts, booleans, and durations in milliseconds.</summary>
internal static class SettingValue
{
    /// <summary>The interface that has it.</summary>
    public static string Interface(this ClientSetting setting) => setting.IsExtension ? ServerNames.ClientExtension : ServerNames.Client;

    /// <summary>Reads what a server says.</summary>
    /// <exception cref="DBusReadException">The value has another type than the setting.</exception>
    public static object Read(ClientSetting setting, VariantValue value) => setting switch
    {
        ClientSetting<TimeSpan> => value.GetUInt64(),
        ClientSetting<bool> => value.GetBool(),
        _ => value.GetString(),
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
