using Mandos.Abstractions.Clients;
using Mandos.Ctl.Commands;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>The values of settings as they are on D-Bus and on the command line: texts, booleans, and durations in milliseconds.</summary>
internal static class SettingValue
{
    /// <summary>The option that sets it: <c>extended-timeout</c>.</summary>
    public static string CtlName(this ClientSetting setting) => setting.OptionName.Replace('_', '-');

    /// <summary>The interface that has it.</summary>
    public static string Interface(this ClientSetting setting) => setting.IsExtension ? ServerNames.ClientExtension : ServerNames.Client;

    /// <summary>What its value is called on the command line.</summary>
    public static string Placeholder(ClientSetting setting) => setting switch
    {
        ClientSetting<TimeSpan> => "TIME",
        ClientSetting<bool> => "yes|no",
        _ => "STRING",
    };

    /// <summary>Reads what was given on the command line.</summary>
    /// <exception cref="UsageException">It is no value of the setting.</exception>
    public static VariantValue Parse(ClientSetting setting, string text) => setting switch
    {
        ClientSetting<TimeSpan> => VariantValue.UInt64(Durations.Parse(text)),
        ClientSetting<bool> => text switch
        {
            "yes" => true,
            "no" => false,
            _ => throw new UsageException($"option --{setting.CtlName()} takes yes or no, not “{text}”"),
        },
        _ => text,
    };

    /// <summary>Reads what a server says.</summary>
    /// <exception cref="DBusReadException">The value has another type than the setting.</exception>
    public static object Read(ClientSetting setting, VariantValue value) => setting switch
    {
        ClientSetting<TimeSpan> => value.GetUInt64(),
        ClientSetting<bool> => value.GetBool(),
        _ => value.GetString(),
    };

    /// <summary>What a client has of whom the server says nothing.</summary>
    public static object Default(ClientSetting setting) => setting switch
    {
        ClientSetting<TimeSpan> duration => (ulong)duration.Default.TotalMilliseconds,
        ClientSetting<bool> flag => flag.Default,
        ClientSetting<string> text => text.Default,
        _ => throw new NotSupportedException($"{setting} cannot be shown"),
    };
}
