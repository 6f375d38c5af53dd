using Mandos.Abstractions.Plugins;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins.Steering;

/// <summary>Which plugins the server uses, and how: what <c>plugins.yaml</c> says, and the switches of <c>mandos.conf</c>.</summary>
internal sealed record PluginOptions
{
    /// <summary>The name under which the D-Bus control surface is exported, which <see cref="UseDBus"/> is about.</summary>
    public const string DBusSurface = "dbus";

    /// <summary>Without any settings: every plugin is used with its defaults.</summary>
    public static PluginOptions Default { get; } = new() { File = PluginFileReader.FileName };

    /// <summary>The path of <c>plugins.yaml</c>, whether it is there or not.</summary>
    public required string File { get; init; }

    /// <summary>What was chosen among several exports of a kind.</summary>
    public IReadOnlyDictionary<PluginKind, PlacedText> Choices { get; init; } = new Dictionary<PluginKind, PlacedText>();

    /// <summary>The entry of each plugin, by its name.</summary>
    public IReadOnlyDictionary<string, PluginEntry> Plugins { get; init; } = new Dictionary<string, PluginEntry>();

    /// <summary><c>use_dbus</c>.</summary>
    public bool UseDBus { get; init; } = true;

    /// <summary><c>zeroconf</c>.</summary>
    public bool UseZeroconf { get; init; } = true;

    /// <summary>Why a plugin is not to be used.</summary>
    /// <param name="plugin">Its name.</param>
    /// <param name="exports">What it exports, as far as that is known.</param>
    /// <returns>Null if the server uses it.</returns>
    public string? WhyDisabled(string plugin, IReadOnlyList<ExportDescription> exports)
    {
        if (Plugins.TryGetValue(plugin, out var entry) && entry.DisabledAt is { } line)
        {
            return $"it is switched off at {File}:{line}";
        }

        return exports.Count == 0 ? null
            : !UseZeroconf && exports.All(export => export.Kind == PluginKind.Announcer) ? "zeroconf is off"
            : !UseDBus && exports.All(export => export.Kind == PluginKind.ControlSurface && export.Name == DBusSurface) ? "use_dbus is off"
            : exports.All(export => export.OnlyIfChosen && !IsChosen(plugin, export))
                ? exports[0].Kind.ChoiceKey is { } key ? $"it is used only where {File} says “{key}: {exports[0].Name}”" : $"it is used only where {File} names it"
            : null;
    }

    /// <remarks>Of a kind of which the server uses any number, an entry of the plugin chooses it.</remarks>
    private bool IsChosen(string plugin, ExportDescription export) => export.Kind.ChoiceKey is null ? Plugins.ContainsKey(plugin)
        : Choices.TryGetValue(export.Kind, out var choice) && choice.Text == export.Name;

    /// <summary>The settings of a plugin.</summary>
    public IReadOnlyDictionary<string, string> SettingsOf(string plugin) => Plugins.TryGetValue(plugin, out var entry)
        ? entry.Settings.ToDictionary(setting => setting.Key, setting => setting.Value.Text)
        : [];

    /// <summary>Says where the settings stand that a plugin complains about; where the plugin does, if a setting is missing.</summary>
    public IReadOnlyList<ConfigProblem> Describe(string plugin, PluginSettingException fault)
    {
        var entry = Plugins.GetValueOrDefault(plugin);
        return
        [
            .. fault.Others.Prepend(fault)
                .Select(one => new ConfigProblem(
                    File, entry?.LineOf(one.Setting) ?? 0, HideSettings(plugin, $"setting {one.Setting}: {LogText.Summarize(one)}")))
                .OrderBy(static problem => problem.Line),
        ];
    }

    /// <summary>A text without the settings of a plugin in it, which may be secrets, for messages that the plugin did not make for us.</summary>
    public string HideSettings(string plugin, string text)
        => Redaction.Hide(text, SettingsOf(plugin).Values);

    /// <summary>The same with the switches of <c>mandos.conf</c> and the command line.</summary>
    public PluginOptions With(ServerOptions server) => this with { UseDBus = server.UseDBus, UseZeroconf = server.UseZeroconf };
}
