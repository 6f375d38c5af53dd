using Microsoft.Extensions.Logging;

namespace Mandos.Abstractions.Plugins;

/// <summary>What the server gives to a plugin.</summary>
public interface IPluginContext
{
    /// <summary>The plugin's log, named after it. Never log a secret.</summary>
    ILogger Logger { get; }

    /// <summary>The only source of time: plugins do not read the system clock by themselves.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>The plugin's own settings from <c>plugins.yaml</c>, as text; empty when there are none.</summary>
    /// <remarks>
    /// The names that can occur are those that the plugin declares by <see cref="ExportPluginAttribute.Settings"/>. What the file has in a mapping or a
    /// list arrives flat, with points between: <c>mail.admin.host</c>, <c>events.1</c>. A constructor that finds a bad value throws <see cref="PluginSettingException"/>.
    /// </remarks>
    IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Absolute path of the directory for persistent state. It exists, and only the server's user can read it.</summary>
    string StateDirectory { get; }

    /// <summary>Whether the server runs in debug mode, where standard output and error are a developer's terminal.</summary>
    bool Debug { get; }

    /// <summary>
    /// Whether the server only tries the plugin out, with clients and events that are not real (<c>mandos --check</c>): then a plugin that tells people or
    /// other machines what happens must not do so.
    /// </summary>
    bool IsTrial => false;
}
