namespace Mandos.Abstractions.Control;

/// <summary>A plugin that the server found, in use or not.</summary>
public sealed record PluginInfo
{
    /// <summary>Its name: that of its file without <c>.dll</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its own version; null if it could not be read.</summary>
    public string? Version { get; init; }

    /// <summary>Its state as <c>mandos --list-plugins</c> shows it: Active, Disabled, NotSupported or Malfunctioned.</summary>
    public required string State { get; init; }

    /// <summary>What it is, such as <c>checker</c>; several with commas between them; empty if that could not be read.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Why it is not in use, in one line; null if it is.</summary>
    public string? Reason { get; init; }
}
