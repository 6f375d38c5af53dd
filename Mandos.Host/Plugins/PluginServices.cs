using Mandos.Host.Plugins.Trust;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>What the server offers to all plugins, and the users whose plugins it loads.</summary>
internal sealed record PluginServices
{
    /// <summary>Makes each plugin's logger.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>The only source of time.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Absolute path of an existing directory for persistent state. Only the self-test changes it.</summary>
    public required string StateDirectory { get; set; }

    /// <summary>The users whose files it loads.</summary>
    public required TrustedOwners Owners { get; init; }

    /// <summary>Whether the server runs in debug mode.</summary>
    public bool Debug { get; init; }

    /// <summary>Whether the plugins are only tried out.</summary>
    public bool IsTrial { get; init; }
}
