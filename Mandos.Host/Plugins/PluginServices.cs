using Mandos.Host.Plugins.Trust;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>What the server has to offer to all plugins, and whose plugins it takes.</summary>
internal sealed record PluginServices
{
    /// <summary>Makes each plugin's logger.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>The only source of time.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Absolute path of an existing directory for persistent state. Only the self-test changes it.</summary>
    public required string StateDirectory { get; set; }

    /// <summary>Whose files it loads.</summary>
    public required TrustedOwners Owners { get; init; }

    /// <summary>Whether the server runs in debug mode.</summary>
    public bool Debug { get; init; }
}
