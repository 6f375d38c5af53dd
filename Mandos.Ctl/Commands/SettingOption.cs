using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Commands;

/// <summary>A setting as an option of the command line.</summary>
internal static class SettingOption
{
    /// <summary>The option that sets it: <c>extended-timeout</c>.</summary>
    public static string CtlName(this ClientSetting setting) => setting.OptionName.Replace('_', '-');

    /// <summary>What its value is called on the command line.</summary>
    public static string Placeholder(ClientSetting setting) => setting switch
    {
        ClientSetting<TimeSpan> => "TIME",
        ClientSetting<bool> => "yes|no",
        ClientSetting<string> { Choices.Count: > 0 } choice => string.Join('|', choice.Choices),
        _ => "STRING",
    };

    /// <summary>Reads what was given on the command line.</summary>
    /// <returns>A text, a boolean, or a duration in milliseconds.</returns>
    /// <exception cref="UsageException">It is no value of the setting.</exception>
    public static object Parse(ClientSetting setting, string text) => setting switch
    {
        ClientSetting<TimeSpan> => Durations.Parse(text),
        ClientSetting<bool> => text switch
        {
            "yes" => true,
            "no" => false,
            _ => throw new UsageException($"option --{setting.CtlName()} takes yes or no, not “{text}”"),
        },
        _ => setting is ClientSetting<string> known && known.FindFault(text) is { } fault && known.Choices.Count > 0
            ? throw new UsageException($"option --{setting.CtlName()}: “{text}” is not allowed: it {fault}")
            : text,
    };
}
