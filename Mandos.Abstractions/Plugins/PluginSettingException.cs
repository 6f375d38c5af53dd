namespace Mandos.Abstractions.Plugins;

/// <summary>A setting of a plugin is missing or bad. Thrown by constructors, which may read settings but do no input or output.</summary>
/// <param name="setting">Name of the setting.</param>
/// <param name="message">One line that says what is wrong and what would be right, to be read after the setting's name. No secret.</param>
public sealed class PluginSettingException(string setting, string message) : Exception(message)
{
    /// <summary>Name of the setting.</summary>
    public string Setting { get; } = setting;

    /// <summary>Other settings that are missing or bad, so that all mistakes are told at once.</summary>
    public IReadOnlyList<PluginSettingException> Others { get; init; } = [];
}
