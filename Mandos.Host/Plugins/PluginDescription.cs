using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins;

/// <summary>One plugin that was found, in use or not.</summary>
internal sealed record PluginDescription
{
    /// <summary>Its name: that of its file without <c>.dll</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of its assembly.</summary>
    public required string File { get; init; }

    /// <summary>Its own version; null if it could not be read.</summary>
    public string? Version { get; init; }

    /// <summary>The contract that it was built against; null if it could not be read.</summary>
    public Version? Contract { get; init; }

    /// <summary>What it exports, known even if it is not in use.</summary>
    public IReadOnlyList<ExportDescription> Exports { get; init; } = [];

    /// <summary>Whether it is in use.</summary>
    public required PluginState State { get; init; }

    /// <summary>Why it is not in use; null if it is.</summary>
    public string? Reason { get; init; }
}
