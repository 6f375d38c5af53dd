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

    /// <summary>The line of a setting; if it is not there, that of the first one in the same mapping, or where the entry begins.</summary>
    public int LineOf(string setting)
    {
        if (Settings.TryGetValue(setting, out var found))
        {
            return found.Line;
        }

        var end = setting.LastIndexOf('.');
        var beside = end < 0 ? [] : Settings.Where(other => other.Key.StartsWith(setting[..(end + 1)], StringComparison.Ordinal)).ToArray();
        return beside.Length > 0 ? beside.Min(static other => other.Value.Line) : Line;
    }
}
