using System.Globalization;
using Mandos.Abstractions.Clients;

namespace Mandos.Host.Configuration;

/// <summary>The names and built-in defaults of each <see cref="KnownOption"/>.</summary>
internal static class KnownOptions
{
    private static readonly string[] _names =
    [
        "key_id", "fingerprint", "secret", "secfile", "next_key_id", "next_secret", "next_secfile", "checker_plugin", "approve_all", "enabled",
        .. ClientSetting.All.Select(static setting => setting.OptionName),
    ];

    /// <summary>How many there are.</summary>
    public static int Count => _names.Length;

    /// <summary>The defaults as a file. As in stock, other options can refer to them, as in <c>%(timeout)s</c>.</summary>
    public static string Defaults { get; } = string.Join('\n', [
        $"[{ConfigDocument.DefaultSection}]",
        "approve_all = False",
        "enabled = True",
        .. ClientSetting.All.Select(static setting => $"{setting.OptionName} = {Default(setting)}"),
        "",
    ]);

    /// <summary>An option's name, in lower case.</summary>
    public static string NameOf(KnownOption option) => _names[(int)option];

    /// <summary>The option that a setting has.</summary>
    public static KnownOption Of(ClientSetting setting)
    {
        int index = 0;
        while (ClientSetting.All[index] != setting)
        {
            index++;
        }

        return KnownOption.Settings + index;
    }

    /// <summary>How a default is written in a file.</summary>
    private static string Default(ClientSetting setting) => setting switch
    {
        ClientSetting<string> text => text.Default.Replace("%", "%%", StringComparison.Ordinal),
        ClientSetting<bool> flag => flag.Default ? "True" : "False",
        ClientSetting<TimeSpan> duration => Default(duration.Default),
        _ => throw new NotSupportedException($"{setting} cannot be in a file"),
    };

    /// <summary>As stock writes it, because a checker's command can refer to it: PT5M, not PT300S.</summary>
    private static string Default(TimeSpan duration)
        => duration > TimeSpan.Zero && duration.Ticks % TimeSpan.TicksPerMinute == 0
            ? string.Create(CultureInfo.InvariantCulture, $"PT{duration.TotalMinutes}M")
            : string.Create(CultureInfo.InvariantCulture, $"PT{duration.TotalSeconds}S");
}
