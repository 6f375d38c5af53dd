namespace Mandos.Host.Plugins.Steering;

/// <summary>What <c>plugins.yaml</c> says of one plugin.</summary>
internal sealed record PluginEntry
{
    /// <summary>Where it begins.</summary>
    public required int Line { get; init; }

    /// <summary>The line that switches the plugin off; null if none does.</summary>
    public int? DisabledAt { get; init; }

    /// <summary>The plugin's settings by name. Their values may be secrets.</summary>
    public IReadOnlyDictionary<string, PlacedText> Settings { get; init; } = new Dictionary<string, PlacedText>();

    /// <summary>The line of a setting, or where the entry begins if it lacks that.</summary>
    public int LineOf(string setting) => Settings.TryGetValue(setting, out var found) ? found.Line : Line;
}
